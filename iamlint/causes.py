"""Why something is unknown, as a kind of cause with the one thing that helps.

A reason is a sentence built from clauses, from the missing value up to the rule that needs it: ``the role is not known:
for_each is not known: var.roles has no default and is not set``. The clause that names the missing value determines the
cause. The table below has all of these clauses, and no other place has.
"""

from __future__ import annotations

from functools import lru_cache

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex


@frozen
class Kind:
    """A kind of cause.

    ``slug`` is for programs. ``title`` continues after a number: ``12 from remote state``. ``help`` is the one thing
    that helps, "" if nothing does. ``noun`` names the subjects if they are counted, not listed.
    """

    slug: str
    title: str
    help: str = ""
    noun: str = ""


@frozen
class Cause:
    """The kind of a cause, and its subject: the variable, the source of a module, the remote state; "" if none."""

    kind: Kind
    subject: str = ""


@frozen
class VarFile:
    """A variable file that was not loaded: its path, the names that it sets, and the root modules it may be for.

    Root modules are given by their directories, as paths are shown.
    """

    path: str
    names: frozenset[str]
    roots: frozenset[str]


_PLAN = "check the plan (terraform show -json), which has it"

MODULE = Kind("module-not-installed", "from modules that are not installed", "run terraform init", "source")
REMOTE_STATE = Kind("remote-state", "from remote state", "check the plan (terraform show -json), which has its outputs")
VARIABLE = Kind("variable", "from variables without a value", "give --var-file FILE or --var NAME=VALUE")
WORKSPACE = Kind("workspace", "from a workspace that is not stated", "give --workspace NAME")
PROJECT = Kind("project", "from a project that is not set", "set `project` in the provider block")
INVALID = Kind("invalid", "from what Terraform would refuse", "run terraform validate")
ABSENT = Kind("absent", "from files and directories that are not there", "check where they are, or the plan")
API = Kind("api", "from what only Google's API knows", "add an export of gcloud to the checked paths")
APPLY = Kind("after-apply", "known after apply", "check the state, or an export of gcloud, after the apply")
ROLE = Kind("role", "from roles that are not known", "check `gcloud iam roles describe ROLE --format json`, too")
STATEMENT = Kind("other-file", "from files that disagree, or do not count", "name the file, or list it in `inputs`")
ASSERTION = Kind("assertion", "from assertions that match nothing", "check the names in the assertion")
CLOSED = Kind("closed", "blocked or limited by a policy or a state")
REPLACED = Kind("replaced", "replaced or removed at the next apply")
CONDITION = Kind("condition", "from conditions that depend on the request")
EXPORT = Kind("export", "from what exports do not show", "export it in full with gcloud")
LIMIT = Kind("limit", "from what iamlint does not evaluate", _PLAN)
UNREAD = Kind("unread", "from what iamlint does not read", "check the plan, or an export of gcloud")
INCOMPLETE = Kind("incomplete", "from incomplete arguments", "run terraform validate")
OTHER = Kind("other", "for other reasons")

_ADDRESS = r"(?:[^\s\[\]]|\[[^\]]*\])*?"
"""An address, or a part of one: its keys may contain blanks."""

_CLAUSES: tuple[tuple[Kind, str], ...] = (
    # Missing values that would make the rest known. The first clause of these names what the reader must provide.
    (REMOTE_STATE, r"(data\.terraform_remote_state\.[\w-]+)(?:\[[^\]]*\])?\S* is in another state"),
    (REMOTE_STATE, r"is in another state|the root module whose state it is has no output"),
    (MODULE, r'the module "([^"]*)" is not installed'),
    (MODULE, rf"(module\.{_ADDRESS}) is not installed"),
    (MODULE, r"terraform init would fetch it|is not installed"),
    (VARIABLE, rf"((?:module\.{_ADDRESS}\.)?var\.[\w-]+)\S* has no default and is not set"),
    (VARIABLE, rf"((?:module\.{_ADDRESS}\.)?var\.[\w-]+)\S* has only a default that its validation refuses"),
    (VARIABLE, r"with the defaults of (var\.[\w-]+)"),
    (VARIABLE, r"has (?:no|only a) default|is an empty text, which is set elsewhere|\bvar\.[\w-]+ is null in a string"),
    (WORKSPACE, r"terraform\.workspace is not known|may have several workspaces|does not name one workspace"),
    (WORKSPACE, r"--workspace states one"),
    (PROJECT, r"the project is set neither here nor in the provider block|the document names no project"),
    (INVALID, r"Terraform would refuse it|is not declared|refers to itself|which Terraform refuses|it calls itself"),
    (INVALID, r"which the module does not declare"),
    (INVALID, r"as Terraform says|nothing here is named|as the variable's type demands|for_each needs a collection"),
    (INVALID, r"is not a whole number|a key of for_each is not a string|enabled is neither true nor false"),
    (INVALID, r"its source is not a plain string|the dynamic block has no for_each or no content"),
    (ABSENT, r"the directory (\S+) is not there"),
    (ABSENT, r"the file (.+?) is not there"),
    (ABSENT, r"(\S+) is not there, and may be when Terraform runs"),
    (ABSENT, r"leads to a file that is not there|Terraform or git (?:itself )?(?:makes|changes)"),
    (ABSENT, r"depends on where Terraform runs"),
    (ABSENT, r"(?:is|leads) out(?:side)? of what iamlint was given to read|files? (?:.+ )?cannot be read"),
    (API, r"the perimeter itself states its services|does not show (?:all providers|that no provider) of the pool"),
    (API, r"provides the groups"),
    (API, r"only Google's API (?:knows|has)|is not enabled here on .*, which something else makes"),
    (APPLY, r"known after apply|is left to a later plan|gives another value at each run"),
    (ROLE, r"is not in the role catalogue|the definition of .* is not in the input|listed without its permissions"),
    (ROLE, r"no public list has the (?:permissions|role)|in no role of the catalogue"),
    (ROLE, r"names the custom role but does not list"),
    (STATEMENT, r"a remote run is without"),
    (STATEMENT, r"is in another root module|, but is |in a file that was not named on the command line"),
    (STATEMENT, r"says something else about|so neither is used|disagree|without them"),
    (ASSERTION, r"^no (?:principal|account|service account) of the input matches"),
    (EXPORT, r"\bexport\b|was not fully explored|does not print|gcloud iam|not in the input|does not show the order"),
    (EXPORT, r"the file does not say in which|does not say what it is attached to|has Google's default"),
    (EXPORT, r"the name of the file says|a template, which is not filled in|does not list|the search "),
    (EXPORT, r"its setters are not applied|(?:is that of|makes the account for) another object"),
    # Nothing is missing: the condition holds for some requests only, or not for long.
    (REPLACED, r"replaced or removed when"),
    (CLOSED, r"blocked by|is disabled|it is enforced|it is granted only|the rule holds only under"),
    (CLOSED, r"is under a condition|it refuses new grants"),
    (CONDITION, r"\bit depends on|allows granting only these roles|it limits which roles|its zone is not known"),
    (CONDITION, r"does not show the tags|it does not begin before|but may on a later day"),
    (CONDITION, r"not a CEL expression|beyond what iamlint reads|of the (?:attribute )?condition is not understood"),
    # Limits of iamlint.
    (LIMIT, r"than iamlint|that iamlint|iamlint (?:does not (?:evaluate|follow|write)|decrypts|lists|expands|reads)"),
    (LIMIT, r"which files a remote run has is not known"),
    (LIMIT, r"nested deeper|is behind more than|more than \S+ (?:references|levels|groups|choices|characters)"),
    (LIMIT, r"larger than|has more than|the instances of .* are not known|a part of the principal is not known"),
    (LIMIT, r"is not known in full|whether two resources are equal|another program compresses|was reached|--max-time"),
    (UNREAD, r"is not read|are not read|does not read|is not searched|whether there are Terraform files here"),
    (UNREAD, r"lies outside|is not followed|what it runs|runs? \S+ .*gcloud"),
    (INCOMPLETE, r"(?:is|are) not set|is not (?:an?|the) |is no |is neither |has no |names no|names nobody|this is "),
    (INCOMPLETE, r"it is not a text|does not name|nothing here names|name no entityID|is a name that only the module"),
    (INCOMPLETE, r"is not of the form|names nothing|name is empty"),
)
_TABLE = tuple((kind, regex(clause)) for kind, clause in _CLAUSES)
_LOOKED_AT = 1000
"""Characters read at either end of a reason: names in it may be of any length."""


@lru_cache(maxsize=4096)
def cause_of(reason: str) -> Cause:
    """Return the cause that a reason names; of kind "other" if it names no known cause."""
    text = reason if len(reason) <= 2 * _LOOKED_AT else reason[:_LOOKED_AT] + reason[-_LOOKED_AT:]
    for kind, clause in _TABLE:
        found = clause.search(text)
        if found:
            return Cause(kind, found[1] or "" if clause.groups else "")
    return Cause(OTHER)
