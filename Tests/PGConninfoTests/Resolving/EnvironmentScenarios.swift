import ConninfoDifferential
import PGConninfo

/// Environment variables and defaults, in libpq's order of priority.
enum EnvironmentScenarios {
    private static let away = "host=127.0.0.1 port=1"

    static let all =
        [
            Scenario("nothing but defaults", "port=1"),
            Scenario("conninfo before variable", away + " user=own", variables: ["PGUSER": "env", "PGDATABASE": "d"]),
            Scenario(
                "service before variable",
                away + " service=s",
                variables: ["PGUSER": "env", "PGAPPNAME": "env"],
                files: [".pg_service.conf": "[s]\nuser=svc\n"]
            ),
            Scenario("empty variable counts", away, variables: ["PGUSER": "", "PGDATABASE": "", "PGOPTIONS": ""]),
            Scenario("empty host variable", "port=1", variables: ["PGHOST": ""]),
            Scenario("empty conninfo value counts", "host='' port=1", variables: ["PGHOST": "127.0.0.1"]),
            Scenario("database follows user", away + " user=u"),
            Scenario("database given", away + " user=u dbname=d"),
            Scenario("empty database", away + " user=u dbname=''"),
            Scenario("empty user", away + " user=''"),
            Scenario("host and port by variable", variables: ["PGHOST": "127.0.0.1", "PGPORT": "1"]),
            Scenario("address by variable", "port=1", variables: ["PGHOSTADDR": "127.0.0.1", "PGHOST": "h"]),
            Scenario("PGREQUIRESSL", away, variables: ["PGREQUIRESSL": "1"]),
            Scenario("PGREQUIRESSL starts with 1", away, variables: ["PGREQUIRESSL": "1yes"]),
            Scenario("PGREQUIRESSL off", away, variables: ["PGREQUIRESSL": "0"]),
            Scenario("PGSSLMODE before PGREQUIRESSL", away, variables: ["PGREQUIRESSL": "1", "PGSSLMODE": "disable"]),
            Scenario("conninfo before PGREQUIRESSL", away + " sslmode=allow", variables: ["PGREQUIRESSL": "1"]),
            Scenario("sslrootcert=system", away + " sslrootcert=system"),
            Scenario("system roots and a weak mode", away + " sslrootcert=system", variables: ["PGSSLMODE": "require"]),
            Scenario("password by variable", away, variables: ["PGPASSWORD": "pw"]),
            Scenario(
                "no password file if a password is given",
                away + " password=p",
                files: [".pgpass": "*:*:*:*:x\n"]
            ),
            Scenario("password file by variable", away, variables: ["PGPASSFILE": "{home}/p"]),
            Scenario("empty password file variable", away, variables: ["PGPASSFILE": ""]),
            Scenario(
                "PGREALM and PGSSLPASSWORD are not read",
                away,
                variables: ["PGREALM": "r", "PGSSLPASSWORD": "s"]
            ),
        ] + everyVariable

    /// Each variable alone, with a value that passes its check.
    private static let everyVariable = Conninfo.Keyword.all
        .filter { $0.isKnown(in: Oracle.dialect) && $0 != .service && $0 != .servicefile }
        .compactMap(\.environmentVariable)
        .map {
            Scenario($0, "", variables: ["PGHOST": "127.0.0.1", "PGPORT": "1"].merging([$0: good[$0] ?? "1"]) { $1 })
        }

    private static let good = [
        "PGHOST": "127.0.0.1", "PGHOSTADDR": "127.0.0.1", "PGCHANNELBINDING": "disable", "PGSSLMODE": "allow",
        "PGSSLNEGOTIATION": "postgres", "PGSSLCERTMODE": "disable", "PGREQUIREAUTH": "md5", "PGGSSENCMODE": "disable",
        "PGTARGETSESSIONATTRS": "read-only", "PGLOADBALANCEHOSTS": "disable", "PGMINPROTOCOLVERSION": "3.0",
        "PGMAXPROTOCOLVERSION": "3.2", "PGSSLMINPROTOCOLVERSION": "TLSv1.3", "PGSSLMAXPROTOCOLVERSION": "TLSv1.2",
        "PGCLIENTENCODING": "UTF8",
    ]
}
