"""Why a call fails: the kinds of errors as documents, the stages of a call, the verdict, and the smallest fix."""
