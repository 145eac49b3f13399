"""The smallest values that nodes reach, compared with a plain search."""

from __future__ import annotations

import random

import pytest

from iamlint.paths.closure import reached_values

Graph = dict[int, list[int]]


def searched(graph: Graph, own: dict[int, tuple[int, ...]], start: int, most: int) -> tuple[int, ...]:
    seen, waiting = {start}, [start]
    for node in waiting:
        for following in graph.get(node, ()):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return tuple(sorted({value for node in seen for value in own.get(node, ())})[:most])


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("most", [1, 3, 50])
def test_as_a_plain_search_finds(seed: int, most: int) -> None:
    chance = random.Random(seed)
    size = chance.randrange(1, 14)
    graph = {node: [chance.randrange(size) for _ in range(chance.randrange(4))] for node in range(size)}
    own = {node: tuple(sorted(chance.sample(range(20), 3)))[:most] for node in range(size) if chance.random() < 0.4}
    found = reached_values(range(size), lambda node: graph[node], own, most)
    assert {node: found[node] for node in range(size)} == {
        node: searched(graph, own, node, most) for node in range(size)
    }


def test_a_long_chain_needs_no_recursion() -> None:
    length = 20_000
    found = reached_values([0], lambda node: [node + 1] if node < length else [], {length: (7,)}, 50)
    assert found[0] == (7,)
    assert len(found) == length + 1
