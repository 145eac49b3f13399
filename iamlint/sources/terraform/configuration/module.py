"""A module from its directory: files parsed, overrides merged, blocks sorted by type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import field
from pathlib import Path
from typing import Literal

from iamlint.basics.frozen import mutable
from iamlint.hcl import syntax
from iamlint.hcl.reading.lexer import shown
from iamlint.hcl.reading.native import MAX_ERRORS
from iamlint.hcl.syntax import LABELS, Argument, Block, File
from iamlint.location import SourceText, Span, Unreadable
from iamlint.sources.names import is_automatic
from iamlint.sources.terraform.configuration.nested import nested_blocks

Mode = Literal["managed", "data", "ephemeral"]
Dialect = Literal["terraform", "opentofu"]
"""Which program reads a directory: OpenTofu also reads ``.tofu`` files, and prefers ``x.tofu`` to ``x.tf``."""

_TERRAFORM, _OPENTOFU = (".tf", ".tf.json"), (".tofu", ".tofu.json")
_FIRST = ("terraform.tfvars", "terraform.tfvars.json")
_WITH_LABELS_INSIDE = frozenset({"check", "terraform"})
_MODES: dict[str, Mode] = {"resource": "managed", "data": "data", "ephemeral": "ephemeral"}

Load = Callable[[Path], File | Unreadable]


@mutable
class Local:
    """An argument, and the text that contains it."""

    argument: Argument
    source: SourceText

    @property
    def name(self) -> Span:
        """The range of its name."""
        return Span(self.source, self.argument.start, self.argument.start + len(self.argument.name))


@mutable
class Declared:
    """A block, the text that contains it, and the override blocks that replace parts of it."""

    block: Block
    source: SourceText
    overrides: list[Declared] = field(default_factory=list)

    @property
    def header(self) -> Span:
        """The range from the block's type to its last label."""
        return Span(self.source, self.block.start, self.block.header_end)

    @property
    def size(self) -> int:
        """How many arguments and nested blocks it has, with those of its overrides."""
        body = self.block.body
        return len(body.arguments) + len(body.blocks) + sum(over.size for over in self.overrides)

    def arguments(self) -> dict[str, Local]:
        """Every argument in force, by name."""
        found = {name: Local(argument, self.source) for name, argument in self.block.body.arguments.items()}
        for over in self.overrides:
            found |= over.arguments()
        return found

    def argument(self, name: str) -> Local | None:
        """Return an argument in force."""
        for declared in (*reversed(self.overrides), self) if self.overrides else (self,):
            argument = declared.block.body.arguments.get(name)
            if argument:
                return Local(argument, declared.source)
        return None

    def literal(self, name: str) -> str | None:
        """Return the text of an argument that is a plain string."""
        found = self.argument(name)
        return found.argument.expression.literal if found else None

    def blocks(self) -> list[Declared]:
        """Return the nested blocks in force: an override's blocks replace all of their type, also ``dynamic`` ones."""
        found = [Declared(block, self.source) for block in self.block.body.blocks]
        for over in self.overrides:
            replaced = {kind_of(block) for block in over.block.body.blocks}
            found = [declared for declared in found if kind_of(declared.block) not in replaced] + over.blocks()
        return found


Chosen = tuple[Mode, str, str, Declared]
"""A resource: its mode, type, name and block."""


def kind_of(block: Block) -> str:
    """Return the type of a nested block; for a ``dynamic`` block, the type of the blocks that it makes."""
    return block.label(0) if block.type == "dynamic" else block.type


@mutable
class Module:
    """The declarations of one module directory.

    ``backends`` are the ``backend`` and ``cloud`` blocks; the last one is in force. ``assignments`` are the files that
    set variables if the directory is a root module, in Terraform's order: later ones override earlier ones.
    ``resources`` has every block of an address: Terraform refuses a second one, but both are checked; of all else that
    is declared twice, the first counts, and the second is one of the ``errors``. ``migrations`` are the
    ``import``, ``moved`` and ``removed`` blocks. ``others`` are the blocks of unknown types. ``described`` says that
    the module is missing and was made from a stub, of all of it or a part.
    """

    directory: Path
    variables: dict[str, Declared] = field(default_factory=dict)
    locals: dict[str, Local] = field(default_factory=dict)
    outputs: dict[str, Declared] = field(default_factory=dict)
    calls: dict[str, Declared] = field(default_factory=dict)
    providers: list[Declared] = field(default_factory=list)
    migrations: list[Declared] = field(default_factory=list)
    others: list[Declared] = field(default_factory=list)
    backends: list[Declared] = field(default_factory=list)
    resources: dict[tuple[Mode, str, str], list[Declared]] = field(default_factory=dict)
    assignments: list[File] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    errors: list[Unreadable] = field(default_factory=list)
    described: Literal["wholly", "partly"] | None = None
    _names: dict[tuple[Mode, str], list[str]] | None = field(default=None, init=False, repr=False, compare=False)
    _chosen: dict[object, list[Chosen]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def names_of(self, mode: Mode, kind: str) -> list[str]:
        """Return the names of the resources of a type, in their order; cached, so call it after reading the module."""
        if self._names is None:
            self._names = {}
            for of, type_, name in self.resources:
                self._names.setdefault((of, type_), []).append(name)
        return self._names.get((mode, kind), [])

    def chosen(self, choose: Callable[[Mode, Declared], bool]) -> list[Chosen]:
        """Return the resources that a function selects; cached, since every instance uses them."""
        if choose not in self._chosen:
            every = ((key, declared) for key, blocks in self.resources.items() for declared in blocks)
            self._chosen[choose] = [(*key, declared) for key, declared in every if choose(key[0], declared)]
        return self._chosen[choose]

    @property
    def backend(self) -> Declared | None:
        """The ``backend`` or ``cloud`` block in force: an override replaces the other kind, too."""
        return self.backends[-1] if self.backends else None

    @property
    def is_set_up(self) -> bool:
        """Whether a block in it is of use in a root module only: a backend, an import, or a configured provider."""
        imports = any(one.block.type == "import" for one in self.migrations)
        return bool(self.backend) or imports or any(map(_configures, self.providers))

    @property
    def variable_names(self) -> Set[str]:
        """The names of its variables."""
        return self.variables.keys()

    @property
    def each_file(self) -> Iterator[object]:
        """A value for each of its files; modules of one file, as two programs read it, have the same value for it."""
        return map(id, self.files)

    def local_sources(self, *, creating: bool = False) -> Iterator[str]:
        """Yield the relative paths in its module calls; ``creating`` leaves out those that certainly create nothing."""
        for call in self.calls.values():
            if creating and _creates_nothing(call):
                continue
            source = call.literal("source")
            local = local_path(source or "")
            if local is not None:
                yield local


def _creates_nothing(call: Declared) -> bool:
    """Whether a call has a literal ``count = 0`` or ``for_each = {}``."""
    written = (one.argument.expression for name in ("count", "for_each") if (one := call.argument(name)))
    return any(
        (isinstance(one, syntax.Object) and not one.items)
        or (isinstance(one, syntax.Literal) and one.value == 0 and one.value is not False)
        for one in written
    )


def _configures(provider: Declared) -> bool:
    """Whether a provider block sets something: old modules declared providers with an empty block or only an alias."""
    return bool(provider.arguments().keys() - {"alias", "version"} or provider.blocks())


LONGEST_SOURCE = 4096
"""Maximum number of characters of a module's source, as of a path in Linux: to resolve a longer one takes long."""


def local_path(source: str) -> str | None:
    """Return the relative path in a module call's source, also with backslashes; None for any other or longer source.

    Source: ``parseModuleSourceLocal`` in
    https://github.com/hashicorp/terraform/blob/main/internal/addrs/module_source.go
    """
    path = source.replace("\\", "/")
    return path if path.startswith(("./", "../")) and len(path) <= LONGEST_SOURCE else None


def configuration_names(names: Iterable[str], dialect: Dialect) -> list[str]:
    """Return the files that a program reads as configuration, sorted. Both ignore names that begin with a dot.

    Source: https://opentofu.org/docs/language/files/#file-extension-precedence
    """
    names = sorted(name for name in names if not name.startswith("."))
    terraform = [name for name in names if name.endswith(_TERRAFORM)]
    if dialect == "terraform":
        return terraform
    opentofu = [name for name in names if name.endswith(_OPENTOFU)]
    replaced = {".tf".join(name.rpartition(".tofu")[::2]) for name in opentofu}
    return sorted([*opentofu, *(name for name in terraform if name not in replaced)])


def _is_override(name: str) -> bool:
    """Whether a configuration file overrides parts of others."""
    stem = name.removesuffix(".json").rpartition(".")[0]
    return stem == "override" or stem.endswith("_override")


def assignment_names(names: Iterable[str]) -> list[str]:
    """Return the files that set variables if their directory is a root module, in Terraform's order."""
    return sorted((name for name in names if is_automatic(name)), key=lambda name: (name not in _FIRST, name))


def reading_order(names: Iterable[str]) -> list[str]:
    """Return the files of a module in Terraform's order: overrides after others, then variable files."""
    names = sorted(names)
    configuration = configuration_names(names, "terraform")
    overrides = [name for name in configuration if _is_override(name)]
    return [*(name for name in configuration if name not in overrides), *overrides, *assignment_names(names)]


def read_module(directory: Path, names: Iterable[str], dialect: Dialect, load: Load) -> Module:
    """Return the module in a directory as a program reads it, from the files of these names."""
    module = Module(directory)
    names = sorted(names)
    configuration = configuration_names(names, dialect)
    for name in configuration:
        if not _is_override(name):
            for declared in _blocks(module, directory / name, load):
                _declare(module, declared)
    providers: dict[tuple[str, str | None], Declared] = {}
    for provider in module.providers:
        first = providers.setdefault(_provider_key(provider), provider)
        if first is not provider:
            name = f'the provider configuration "{shown(provider.block.label(0))}"'
            _twice(module, name, first.header, provider.header)
    if len(module.backends) > 1:
        _twice(module, "the backend", module.backends[0].header, module.backends[1].header)
        del module.backends[1:]
    for name in configuration:
        if _is_override(name):
            for declared in _blocks(module, directory / name, load):
                _override(module, declared, providers)
    # Terraform loads .x.auto.tfvars, too: only configuration files with a dot are ignored (checked with Terraform
    # 1.11).
    for name in assignment_names(names):
        file = _parse(module, directory / name, load)
        if file:
            module.assignments.append(file)
    return module


def declares_nothing(file: File) -> bool:
    """Whether a file only has settings without effect on facts, like the versions of providers."""
    return all(block.type == "terraform" and not _backends(block) for block in file.body.blocks)


def _backends(block: Block) -> list[Block]:
    return [*nested_blocks(block, "backend", labels=1), *nested_blocks(block, "cloud")]


def module_of(directory: Path, file: File) -> Module:
    """Return the module of a single file."""
    module = Module(directory, files=[file], errors=list(file.errors))
    for block in file.body.blocks:
        _declare(module, Declared(block, file.source))
    return module


def _parse(module: Module, path: Path, load: Load) -> File | None:
    file = load(path)
    if isinstance(file, Unreadable):
        module.errors.append(file)
        return None
    module.files.append(file)
    module.errors += file.errors
    return file


def _blocks(module: Module, path: Path, load: Load) -> Iterator[Declared]:
    file = _parse(module, path, load)
    if file:
        module.errors += _refused(file)
        for block in file.body.blocks:
            yield Declared(block, file.source)


_LABELS_HINTS = {
    1: 'it has its name as a label: {} "shop"',
    2: 'it has its type and its name as labels: {} "google_project" "shop"',
}


def _refused(file: File) -> Iterator[Unreadable]:
    """Yield what Terraform refuses at the top of a file: arguments, and blocks with missing or extra labels.

    The rest of the file is still read. Checked with Terraform 1.11.
    """
    for name, argument in file.body.arguments.items():
        at = file.source.location(argument.start, argument.end)
        yield Unreadable(at, f'the argument "{shown(name)}" is outside of any block', "is the line above it missing?")
    for block in file.body.blocks:
        wanted = LABELS.get(block.type, len(block.labels))
        if len(block.labels) != wanted:
            at = file.source.location(block.start, block.header_end)
            reason = f"labels of this {block.type} block: {len(block.labels)}, where {wanted} are expected"
            yield Unreadable(at, reason, _LABELS_HINTS.get(wanted, "").format(block.type))
        elif block.type in LABELS:
            yield from _no_names(file, block)
            yield from _swallowed(file, block) if block.type not in _WITH_LABELS_INSIDE else ()


def _swallowed(file: File, block: Block) -> Iterator[Unreadable]:
    """Yield blocks with labels inside another block, which are not read: mostly a brace is misplaced."""
    for inner in block.body.blocks:
        if inner.labels and inner.type not in ("dynamic", "provisioner"):
            at = file.source.location(inner.start, inner.header_end)
            reason = f'"{shown(inner.type)}" is no block that a {block.type} block can hold: it is not read'
            yield Unreadable(at, reason, 'is a "}" missing above it?')
        yield from _swallowed(file, inner)


def _no_names(file: File, block: Block) -> Iterator[Unreadable]:
    """Yield labels of a block that are not valid names. Source: ``hclsyntax.ValidIdentifier``."""
    for label in block.labels:
        if not label.text.replace("-", "_").isidentifier() or label.text.startswith("-"):
            at = file.source.location(label.start, label.end)
            hint = "a name has letters, digits, underscores and hyphens, and begins with a letter or an underscore"
            yield Unreadable(at, f'"{shown(label.text)}" is not a valid name', hint)


def _key(block: Block) -> tuple[Mode, str, str]:
    return _MODES[block.type], block.label(0), block.label(1)


def _declare(module: Module, declared: Declared) -> None:
    block = declared.block
    match block.type:
        case "resource" | "data" | "ephemeral":
            _add_resource(module, declared)
        case "variable":
            _add(module, module.variables, declared)
        case "output":
            _add(module, module.outputs, declared)
        case "module":
            _add(module, module.calls, declared)
        case "provider":
            module.providers.append(declared)
        case "locals":
            _add_locals(module, declared)
        case "terraform":
            module.backends += [Declared(inner, declared.source) for inner in _backends(block)]
        case "check":
            for inner in nested_blocks(block, "data", labels=2):
                _add_resource(module, Declared(inner, declared.source))
        case "import" | "moved" | "removed":
            module.migrations.append(declared)
        case _:
            module.others.append(declared)


def _add(module: Module, known: dict[str, Declared], declared: Declared) -> None:
    """Add a block, unless there is one of its name."""
    block = declared.block
    first = known.setdefault(block.label(0), declared)
    if first is not declared:
        _twice(module, f'the {block.type} "{shown(block.label(0))}"', first.header, declared.header)


def _add_locals(module: Module, declared: Declared) -> None:
    """Add the local values of a block, unless there are ones of these names."""
    for name, argument in declared.block.body.arguments.items():
        local = Local(argument, declared.source)
        first = module.locals.setdefault(name, local)
        if first is not local:
            _twice(module, f'the local value "{shown(name)}"', first.name, local.name)


def _add_resource(module: Module, declared: Declared) -> None:
    """Add a resource. What expressions read is the first of its address, so a second data source has no effect."""
    block = declared.block
    known = module.resources.setdefault(_key(block), [])
    if known and block.type != "resource":
        kind, name = (shown(block.label(at)) for at in (0, 1))
        _twice(module, f'{block.type} "{kind}" "{name}"', known[0].header, declared.header)
    known.append(declared)


def _twice(module: Module, what: str, first: Span, second: Span) -> None:
    """Add an error for what is declared a second time: the first one counts. Source: ``Module.appendFile``.

    If only OpenTofu reads one of the two, only OpenTofu refuses the module, and it is also read as Terraform reads it.
    """
    of_both = first.source.path.endswith(_OPENTOFU) is second.source.path.endswith(_OPENTOFU)
    if of_both and len(module.errors) < MAX_ERRORS:
        at = first.location
        place = f"{at.path}:{at.line}"
        hint = "Terraform refuses this module, and iamlint reads the first one; remove one of the two"
        module.errors.append(Unreadable(second.location, f"{what} is declared twice: already at {place}", hint))


def _provider_key(declared: Declared) -> tuple[str, str | None]:
    return declared.block.label(0), declared.literal("alias")


def _override(module: Module, declared: Declared, providers: dict[tuple[str, str | None], Declared]) -> None:
    """Merge a block of an override file into its original, as Terraform does: argument by argument.

    ``providers`` are the provider blocks by their type and alias.
    """
    block = declared.block
    if block.type == "locals":
        for name, argument in block.body.arguments.items():
            module.locals[name] = Local(argument, declared.source)
        return
    if block.type == "check":  # which ``Module.mergeFile`` leaves out
        return
    base: Declared | None = None
    match block.type:
        case "resource" | "data" | "ephemeral":
            base = next(iter(module.resources.get(_key(block), ())), None)
        case "variable":
            base = module.variables.get(block.label(0))
        case "output":
            base = module.outputs.get(block.label(0))
        case "module":
            base = module.calls.get(block.label(0))
        case "provider":
            base = providers.setdefault(_provider_key(declared), declared)
            base = None if base is declared else base
        case _:
            pass
    if base is None:
        _declare(module, declared)
    else:
        base.overrides.append(declared)
