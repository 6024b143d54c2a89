import LibpqClient
import Testing

@Suite("An error of the server", .timeLimit(.minutes(2)))
struct ServerErrorTests {
    @Test("tells schema, table, column and constraint as data")
    func constraint() async throws {
        let connection = try await Server.connect()
        _ = try await connection.execute(
            """
            create temp table accounts (id int constraint one_of_each unique, balance int not null);
            insert into accounts values (1, 1)
            """
        )
        let unique = await #expect(throws: PGError.self) {
            try await connection.query("insert into accounts values ($1, 1)", 1)
        }
        #expect(unique?.code == .queryFailed && unique?.sqlState == "23505" && unique?.isRetryable == false)
        let server = try #require(unique?.server)
        #expect(server.severity == "ERROR" && server.constraint == "one_of_each" && server.table == "accounts")
        #expect(server.schema?.hasPrefix("pg_temp") == true)
        #expect(server.detail == "Key (id)=(1) already exists.")
        // The detail quotes a row, which a log should not have.
        #expect(unique?.description.contains("already exists") == false)
        let missing = await #expect(throws: PGError.self) {
            try await connection.query("insert into accounts values (2, null)")
        }
        #expect(missing?.server?.column == "balance" && missing?.sqlState == "23502")
    }

    @Test("tells the position and the hint")
    func position() async throws {
        let connection = try await Server.connect()
        let error = await #expect(throws: PGError.self) {
            try await connection.query("select 'é', lenght('a')")
        }
        #expect(error?.server?.position == 13)
        #expect(error?.server?.hint?.isEmpty == false)
        #expect(error?.description.contains("(SQLSTATE 42883) Hint: ") == true)
    }

    @Test("tells the data type and the context")
    func context() async throws {
        let connection = try await Server.connect()
        _ = try await connection.execute(
            "create domain pg_temp.positive as int constraint above_zero check (value > 0)"
        )
        let error = await #expect(throws: PGError.self) {
            _ = try await connection.execute("do $$ begin perform (-1)::pg_temp.positive; end $$")
        }
        #expect(error?.server?.dataType == "positive" && error?.server?.constraint == "above_zero")
        #expect(error?.server?.context?.contains("PL/pgSQL") == true)
    }

    @Test("is retryable if the server says so")
    func retryable() async throws {
        let connection = try await Server.connect()
        for (state, isRetryable) in [
            ("40001", true), ("40P01", true), ("55P03", true), ("57014", false), ("P0001", false),
        ] {
            let error = await #expect(throws: PGError.self) {
                _ = try await connection.execute("do $$ begin raise exception 'x' using errcode = '\(state)'; end $$")
            }
            #expect(error?.sqlState == state && error?.isRetryable == isRetryable)
        }
    }

    @Test("of a misspelled column names the nearest one")
    func misspelled() async throws {
        let row = try #require(try await Server.connect().query("select 1 as amount, null::int as note").rows.first)
        let error = #expect(throws: PGError.self) { try row["amuont"] }
        #expect(error?.message == "The result has no column \"amuont\". Did you mean \"amount\"?")
        #expect(try row["note"] == nil)
    }
}
