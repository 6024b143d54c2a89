"""Opens connections with psycopg 3 and asyncpg, without blocking, and prints wall and CPU time for each.

Run by `bin/bench connect` beside connect-bench, against the same server, with a token as the password.
"""
import asyncio, os, ssl, statistics, sys, time

import asyncpg, botocore.session, psycopg


def token():
    """The token of one login, which is good for 15 minutes, as a cached one is."""
    session = botocore.session.get_session()
    client = session.create_client("rds", region_name=os.environ["RDS_LOOKALIKE_REGION"])
    return client.generate_db_auth_token(
        DBHostname=os.environ["RDS_LOOKALIKE_HOST"], Port=int(os.environ["RDS_LOOKALIKE_PORT"]), DBUsername="bench"
    )


async def measure(name, count, open_one):
    walls, processors = [], []
    for number in range(-20, count):
        # The server has had time to be done with the connection before.
        await asyncio.sleep(0.008)
        wall, processor = time.perf_counter(), time.process_time()
        connection = await open_one()
        if number >= 0:
            walls.append(time.perf_counter() - wall)
            processors.append(time.process_time() - processor)
        await connection.close()
    figures = [statistics.mean(walls), statistics.median(walls), statistics.mean(processors)]
    wall, median, processor = (round(figure * 1e6) for figure in figures)
    print(f"{name}\twall {wall} us\tmedian {median} us\tCPU {processor} us", flush=True)


async def main(count):
    password, port = token(), int(os.environ["RDS_LOOKALIKE_PORT"])
    conninfo = (
        f"host={os.environ['RDS_LOOKALIKE_HOST']} hostaddr=127.0.0.1 port={port} user=bench dbname=postgres "
        "sslmode=require gssencmode=disable"
    )

    async def with_psycopg():
        return await psycopg.AsyncConnection.connect(conninfo, password=password)

    # The same check of the certificate as sslmode=require: none.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    async def with_asyncpg():
        return await asyncpg.connect(
            host="127.0.0.1", port=port, user="bench", database="postgres", password=password, ssl=context
        )

    print(f"\nopening with other clients that do not block, {count} connections each")
    await measure(f"psycopg {psycopg.__version__} ({psycopg.pq.__impl__})", count, with_psycopg)
    await measure(f"asyncpg {asyncpg.__version__}", count, with_asyncpg)


asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
