"""The server: whether it has the fixes that isolation rests on, and settings that would undo it."""

from collections.abc import Iterator, Mapping

from tenantstore.checking.finding import Finding, Look

# The newest minor version of each major, as known in November 2026; all majors get theirs on the same day. Mistakes in
# row-level security, and in plans kept from one role to the next, were mended in 15.3, 15.4, 15.9, 15.14, 15.19, 15.20.
NEWEST_MINOR: Mapping[int, int] = {15: 20, 16: 16, 17: 12, 18: 6}


def judge(look: Look) -> Iterator[Finding]:
    """Version, and what a session has before any scope is entered."""
    settings = look.execute(
        """
        SELECT
            current_setting('server_version_num')::integer,
            coalesce(current_setting('tenantstore.customer_id', true), ''),
            current_setting('session_replication_role')
        """
    ).fetchone()
    assert settings is not None
    version, customer, replication = settings
    yield from judge_version(version)
    if customer:
        yield Finding(
            "setting-customer",
            "tenantstore.customer_id",
            f"is {customer} from the start: whoever enters the tenant role without a scope is that customer",
            "ALTER ROLE … RESET tenantstore.customer_id; the same for ALTER DATABASE, ALTER SYSTEM, the DSN's options.",
        )
    if replication == "replica":
        yield Finding(
            "setting-replica",
            "session_replication_role",
            "is replica from the start: no trigger fires and no foreign key holds",
            "ALTER ROLE … RESET session_replication_role; and the same for ALTER DATABASE and ALTER SYSTEM.",
        )


def judge_version(version: int) -> Iterator[Finding]:
    """``version`` is server_version_num. Of a major newer than this table nothing is said."""
    major, minor = divmod(version, 10000)
    newest = NEWEST_MINOR.get(major)
    if major < min(NEWEST_MINOR):
        yield Finding(
            "version-unsupported",
            f"PostgreSQL {major}.{minor}",
            f"is older than {min(NEWEST_MINOR)}, the oldest that is supported here",
            "Upgrade to a newer major version.",
        )
    elif newest is not None and minor < newest:
        yield Finding(
            "version-outdated",
            f"PostgreSQL {major}.{minor}",
            f"lacks fixes: {major}.{newest} is out, and minor versions mend row-level security too",
            f"Install {major}.{newest} or newer and restart; data stay as they are.",
        )
