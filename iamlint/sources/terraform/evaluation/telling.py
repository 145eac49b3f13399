"""Reports which parts of a module are not read, once for all its instances if they have it in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from iamlint.location import Span
from iamlint.sources.terraform.configuration.module import Declared, Mode, Module
from iamlint.sources.terraform.evaluation.bodies import ScopeOf
from iamlint.sources.terraform.evaluation.command.commands import unread_of_block
from iamlint.sources.terraform.evaluation.run import MISSING, STEPS_OF_FACT, TELL, Noted, Run
from iamlint.sources.terraform.instances.declarations import unread_part
from iamlint.unknown import Unknown, UnknownPart


class Telling:
    """One instance of a module, as far as its unread parts go. ``notes`` has what it reports, if it is wanted."""

    run: Run
    module: Module
    address: str
    via: tuple[Span, ...]
    notes: Noted | None = None

    def qualified(self, reference: str) -> str:
        """Return a reference as seen from the root module."""
        return f"{self.address}.{reference}" if self.address else reference

    def _unread_part(self, declared: Declared, address: str, reason: str) -> Unknown:
        reason = f"{address} is not read: {reason}"
        self._say(declared, address, reason)
        return Unknown(reason, (UnknownPart(address),))

    def _say(self, declared: Declared, address: str, reason: str, *, unread: bool = True) -> None:
        self.run.unread_parts.append(replace(unread_part(reason, declared, address, self.via), unread=unread))

    def _say_once(self, declared: Declared, address: str, reason: str, at: Span | None = None) -> None:
        """Add an unread part for a block once, for all its instances and those of its module."""
        key = (id(declared), reason)
        if self.notes or key not in self.run.told:
            part = unread_part(f"{address} {reason}", declared, address, self.via, at)
            self.run.tell(key, part)
            if self.notes:
                self.notes.note(TELL, key, part)

    def _say_assumed(self, declared: Declared, address: str, assumed: Iterable[str]) -> None:
        """Record that a block may have more instances if missing directories existed."""
        part = unread_part("", declared, address, self.via)
        for directory in assumed:
            self.run.miss(directory, address, part)
            if self.notes:
                self.notes.note(MISSING, (directory, address), part)

    def _full(self, declared: Declared, address: str) -> Unknown:
        """Return the unknown value for a root module that is too large, with an unread part at the first place only."""
        reason = f"its root module {self.run.cut}, and the rest is left out"
        if not self.run.cut_told:
            self.run.cut_told = True
            return self._unread_part(declared, address, reason)
        return Unknown(f"{address} is not read: {reason}", (UnknownPart(address),))

    def say_others(self, scope: ScopeOf, wanted: Callable[[Mode, str], bool]) -> None:
        """Add unread parts for blocks of unknown types, removed ones and twins of wanted types, once for a module."""
        of_module = id(self.module), ""
        if of_module in self.run.told:
            return
        self.run.told.add(of_module)
        for declared in self.module.others:
            if not self.run.takes(STEPS_OF_FACT) or self.run.is_on_reserve:
                return
            self._say_once(declared, self.qualified(declared.block.type), "is a block that iamlint does not read")
        if self.module.migrations:
            self._say_migrations(scope)
        for (mode, kind, name), blocks in self.module.resources.items():
            is_twin = len(blocks) > 1 and mode == "managed" and name and wanted(mode, kind)
            if is_twin and self.run.takes(STEPS_OF_FACT):
                first = blocks[0].header.location
                reason = f"is declared twice, first at {first.path}:{first.line}: Terraform refuses this"
                self._say_once(blocks[1], self.qualified(f"{kind}.{name}"), f"{reason}; both are checked")

    def _say_migrations(self, scope: ScopeOf) -> None:
        """Add unread parts for what Terraform only forgets, and for commands that run when something is removed."""
        from iamlint.sources.terraform.configuration.migrations import forgotten, removed

        for declared in self.module.migrations:
            kept = forgotten(declared)
            if kept and self.run.takes(STEPS_OF_FACT):
                self._say_once(declared, self.qualified(kept), "stays as it is: Terraform only forgets it")
            gone = removed(declared)
            unread = unread_of_block("managed", declared, scope, self.run) if gone else None
            if gone and unread and self.run.takes(STEPS_OF_FACT):
                self._say_once(declared, self.qualified(gone), *unread)
