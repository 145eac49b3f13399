"""Why a call fails: the kinds of errors as documents, and what is recognised in the text of one."""
