"""Queries that keep of a large export only the assets with a grant that some rule needs.

Google exports assets to BigQuery, and DuckDB reads the files of an export. Both use RE2 for regular expressions.
Sources: https://cloud.google.com/asset-inventory/docs/exporting-to-bigquery and
https://cloud.google.com/bigquery/docs/reference/standard-sql/export-statements
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from iamlint.rules.interest import Unneeded

Dialect = Literal["bigquery", "duckdb"]
DIALECTS: tuple[Dialect, ...] = ("bigquery", "duckdb")
_KINDS = tuple(f"cloudresourcemanager.googleapis.com/{kind}" for kind in ("Organization", "Folder", "Project"))
"""Kinds of assets that are kept whatever their grants are: they are few, and have audit settings, too."""


def query(left_out: Unneeded, dialect: Dialect, source: str, target: str) -> str:
    """Return a query that writes the assets of a table or of files to a file that iamlint reads.

    ``source`` is a table for BigQuery, a path or a glob for DuckDB; ``target`` is a URI with one ``*``, or a path.
    """
    return _bigquery(left_out, source, target) if dialect == "bigquery" else _duckdb(left_out, source, target)


def _bigquery(left_out: Unneeded, table: str, uri: str) -> str:
    """A policy's version is left out: BigQuery exports an integer as a text."""
    return f"""\
EXPORT DATA OPTIONS (uri = {_escaped(uri)}, format = 'JSON', compression = 'GZIP', overwrite = TRUE) AS
SELECT
  name,
  asset_type,
  STRUCT(
    ARRAY(
      SELECT AS STRUCT
        binding.role,
        binding.members,
        IF(binding.condition IS NULL, NULL, STRUCT(
          binding.condition.expression AS expression, COALESCE(binding.condition.title, '') AS title
        )) AS condition
      FROM UNNEST(iam_policy.bindings) AS binding
    ) AS bindings
  ) AS iam_policy,
  ancestors
FROM {_identifier(table)}
WHERE asset_type IN ({_listed(_KINDS)})
  OR EXISTS (
    SELECT 1
    FROM UNNEST(iam_policy.bindings) AS binding
    WHERE binding.role IS NULL
      OR binding.role NOT IN (
{_lines(left_out.roles)}
      )
      OR EXISTS (
        SELECT 1
        FROM UNNEST(binding.members) AS member
        WHERE NOT REGEXP_CONTAINS(member, {_pattern(left_out.member)})
          OR REGEXP_CONTAINS(member, {_pattern(left_out.but)})
      )
  );
"""  # noqa: S608  # each part is quoted


def _duckdb(left_out: Unneeded, files: str, path: str) -> str:
    """Lines are written as they are, so that nothing in them is lost; one that looks unusual is kept."""
    shape = """'[{"role": "VARCHAR", "members": ["VARCHAR"]}]'"""
    return f"""\
COPY (
  WITH assets AS (
    SELECT
      line,
      coalesce(line ->> '$.asset_type', line ->> '$.assetType') AS kind,
      coalesce(line -> '$.iam_policy', line -> '$.iamPolicy') AS policy
    FROM (SELECT json AS line FROM read_ndjson_objects({_text(files)}, maximum_object_size = 64000000))
  ), bindings AS (
    SELECT line, kind, policy, from_json(policy -> '$.bindings', {shape}) AS bindings FROM assets
  )
  SELECT line FROM bindings
  WHERE kind IS NULL OR kind IN ({_listed(_KINDS)})
    OR bindings IS NULL
    OR len(list_filter(json_keys(policy), lambda key: key NOT IN ('bindings', 'etag', 'version'))) > 0
    OR len(list_filter(bindings, lambda binding:
      binding.role IS NULL OR binding.members IS NULL
      OR binding.role NOT IN (
{_lines(left_out.roles)}
      )
      OR len(list_filter(binding.members, lambda member:
        member IS NULL
        OR NOT regexp_matches(member, {_text(left_out.member)})
        OR regexp_matches(member, {_text(left_out.but)})
      )) > 0
    )) > 0
) TO {_text(path)} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01');
"""  # noqa: S608  # each part is quoted


def _lines(roles: Iterable[str]) -> str:
    return ",\n".join(f"        {_text(role)}" for role in roles)


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(map(_text, texts))


def _text(text: str) -> str:
    """Return a string literal; neither paths nor the names of roles have a backslash."""
    return "'" + text.replace("'", "''") + "'"


def _escaped(text: str) -> str:
    """Return a string literal of BigQuery, whose quotes are escaped by a backslash."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _identifier(table: str) -> str:
    return "`" + table.replace("`", "") + "`"


def _pattern(text: str) -> str:
    """Return a raw string of BigQuery, where a backslash is not an escape."""
    return f'r"{text}"'
