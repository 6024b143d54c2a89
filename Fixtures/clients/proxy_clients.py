"""What a client of Python does through the proxy, with its results compared by hash.

proxy_clients.py CLIENT HOST PORT USER   CLIENT: psycopg, asyncpg, pg8000, sqlalchemy; HOST: a directory or an address

Prints one line for each thing that works; ends with another status than 0 at the first that does not.
"""

import asyncio
import hashlib
import io
import os
import sys
import threading
import time

SIZE = 20_000_000
ROWS = "select i, repeat(md5(i::text), 20) from generate_series(1, 20000) i order by i"


def check(what, holds):
    """Says that something works, or ends."""
    if not holds:
        sys.exit(f"failed: {what}")
    print(what, flush=True)


def digest(data):
    """The hash of bytes."""
    return hashlib.sha256(data).hexdigest()


def noise(size):
    """Bytes that look random, the same each time."""
    block = b"".join(hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(1024))
    return (block * (size // len(block) + 1))[:size]


def copy_rows():
    """Rows for COPY, and the hash of them."""
    return b"".join(b"%d\t%s\n" % (number, hashlib.sha256(b"%d" % number).hexdigest().encode()) for number in range(100_000))


def with_psycopg(host, port, user):
    import psycopg

    text = f"host={host} port={port} user={user} dbname=postgres connect_timeout=30"
    with psycopg.connect(text + " gssencmode=prefer sslmode=prefer", autocommit=True) as connection:
        check("logged in", connection.execute("select current_user").fetchone() == (user,))
        check("in TLS at the server", connection.execute(
            "select ssl from pg_stat_ssl where pid = pg_backend_pid()").fetchone() == (True,))
        data = noise(SIZE)
        check("parameter and result", connection.execute("select %s::bytea", (data,)).fetchone()[0] == data)
        connection.execute("create temp table t (a int, b text)")
        rows = copy_rows()
        with connection.cursor().copy("copy t from stdin") as copy:
            for start in range(0, len(rows), 65_536):
                copy.write(rows[start:start + 65_536])
        with connection.cursor().copy("copy (select * from t order by a) to stdout") as copy:
            check("COPY both ways", digest(b"".join(copy)) == digest(rows))
        connection.execute("begin")
        oid = connection.execute("select lo_from_bytea(0, %s)", (data[:5_000_000],)).fetchone()[0]
        check("large object", connection.execute("select lo_get(%s)", (oid,)).fetchone()[0] == data[:5_000_000])
        connection.execute("rollback")
        with psycopg.connect(text, autocommit=True) as other:
            connection.execute("listen news")
            other.execute("notify news, 'hello'")
            check("LISTEN", next(connection.notifies(timeout=30)).payload == "hello")
        with connection.pipeline():
            results = [connection.execute("select %s::int", (number,)) for number in range(100)]
            check("pipeline", [result.fetchone()[0] for result in results] == list(range(100)))
        has_ended = threading.Event()

        def cancel():
            # Again and again, as a request that comes before the statement has no effect.
            while not has_ended.wait(0.2):
                connection.cancel()

        canceling = threading.Thread(target=cancel)
        canceling.start()
        began = time.monotonic()
        try:
            connection.execute("select pg_sleep(30)")
            canceled = False
        except psycopg.errors.QueryCanceled:
            canceled = time.monotonic() - began < 20
        finally:
            has_ended.set()
            canceling.join()
        check("cancel", canceled)
        check("still usable", connection.execute("select 1").fetchone() == (1,))


async def with_asyncpg(host, port, user):
    import asyncpg

    connection = await asyncpg.connect(host=host, port=port, user=user, database="postgres", ssl=False, timeout=30)
    check("logged in", await connection.fetchval("select current_user") == user)
    data = noise(SIZE)
    check("parameter and result", await connection.fetchval("select $1::bytea", data) == data)
    await connection.execute("create temp table t (a int, b text)")
    rows = copy_rows()
    await connection.copy_to_table("t", source=io.BytesIO(rows))
    out = io.BytesIO()
    await connection.copy_from_query("select * from t order by a", output=out)
    check("COPY both ways", digest(out.getvalue()) == digest(rows))
    heard = asyncio.get_running_loop().create_future()
    await connection.add_listener("news", lambda *arguments: heard.done() or heard.set_result(arguments[3]))
    await connection.execute("notify news, 'hello'")
    check("LISTEN", await asyncio.wait_for(heard, 30) == "hello")
    async with connection.transaction():
        count = 0
        async for record in connection.cursor(ROWS):
            count += record[0]
        check("cursor", count == 20000 * 20001 // 2)
    began = time.monotonic()
    try:
        await connection.execute("select pg_sleep(30)", timeout=0.5)
        canceled = False
    except asyncio.TimeoutError:
        canceled = time.monotonic() - began < 20
    check("cancel", canceled)
    check("still usable", await connection.fetchval("select 1") == 1)
    await connection.close()


def with_pg8000(host, port, user):
    import pg8000.native

    place = {"unix_sock": f"{host}/.s.PGSQL.{port}"} if host.startswith("/") else {"host": host, "port": port}
    connection = pg8000.native.Connection(user, database="postgres", timeout=60, **place)
    check("logged in", connection.run("select current_user") == [[user]])
    data = noise(SIZE // 4)
    check("parameter and result", bytes(connection.run("select :data ::bytea", data=data)[0][0]) == data)
    connection.run("create temp table t (a int, b text)")
    rows = copy_rows()
    connection.run("copy t from stdin", stream=io.BytesIO(rows))
    out = io.BytesIO()
    connection.run("copy (select * from t order by a) to stdout", stream=out)
    check("COPY both ways", digest(out.getvalue()) == digest(rows))
    # Others notify as well, and a notification waits for transactions before it in the server's queue.
    channel = f"news{os.getpid()}"
    connection.run(f"listen {channel}")
    connection.run(f"notify {channel}, 'hello'")
    end = time.monotonic() + 30
    while not connection.notifications and time.monotonic() < end:
        connection.run("select pg_sleep(0.01)")
    check("LISTEN", [notification[2] for notification in connection.notifications] == ["hello"])
    connection.close()


def with_sqlalchemy(host, port, user):
    import sqlalchemy

    place = sqlalchemy.URL.create("postgresql+psycopg", username=user, database="postgres", query={"host": host, "port": str(port)})
    engine = sqlalchemy.create_engine(place, pool_size=4, max_overflow=0, pool_recycle=1)
    totals = []

    def work():
        for _ in range(10):
            with engine.connect() as connection:
                totals.append(connection.execute(sqlalchemy.text("select sum(i) from generate_series(1, 100) i")).scalar())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check("pool", totals == [5050] * 80)
    engine.dispose()


def main():
    client, host, port, user = sys.argv[1:]
    run = globals()[f"with_{client}"]
    if asyncio.iscoroutinefunction(run):
        asyncio.run(run(host, int(port), user))
    else:
        run(host, int(port), user)


main()
