/// Service files: where libpq looks for them, what they set, and every error of `parseServiceFile`.
enum ServiceScenarios {
    static let all = places + contents + errors

    /// A port on loopback that refuses connections.
    private static let group = "[s]\nhost=127.0.0.1\nport=1\n"

    private static let places: [Scenario] = [
        Scenario("in the home directory", "service=s", files: [".pg_service.conf": group]),
        Scenario("by PGSERVICE", variables: ["PGSERVICE": "s"], files: [".pg_service.conf": group]),
        Scenario(
            "conninfo before PGSERVICE",
            "service=s",
            variables: ["PGSERVICE": "t"],
            files: [".pg_service.conf": group]
        ),
        Scenario("PGSERVICEFILE", "service=s", variables: ["PGSERVICEFILE": "{home}/f"], files: ["f": group]),
        Scenario(
            "PGSERVICEFILE hides the home directory's",
            "service=s",
            variables: ["PGSERVICEFILE": "{home}/f"],
            files: ["f": "[other]\n", ".pg_service.conf": group]
        ),
        Scenario("system directory", "service=s", files: ["etc/pg_service.conf": group]),
        Scenario(
            "home directory's file without the group, then the system directory's",
            "service=s",
            files: [".pg_service.conf": "[t]\nhost=x\n", "etc/pg_service.conf": group]
        ),
        Scenario(
            "PGSYSCONFDIR",
            "service=s",
            variables: ["PGSYSCONFDIR": "{home}/x"],
            files: ["x/pg_service.conf": group]
        ),
        Scenario("no service wanted", "host=127.0.0.1 port=1", files: [".pg_service.conf": "[s]\nrubbish\n"]),
        Scenario("URI names the service", "postgresql://?service=s", files: [".pg_service.conf": group]),
        Scenario("empty name", "service=''", files: [".pg_service.conf": "[]\nhost=127.0.0.1\nport=1\n"]),
        Scenario(
            "empty PGSERVICE",
            variables: ["PGSERVICE": ""],
            files: [".pg_service.conf": "[]\nhost=127.0.0.1\nport=1\n"]
        ),
    ]

    private static let contents: [Scenario] = [
        file("conninfo wins", group + "user=svc\n", conninfo: "service=s user=own"),
        file("empty conninfo value wins", group + "user=svc\ndbname=d\n", conninfo: "service=s dbname=''"),
        file("the first of two wins", "[s]\nport=1\nport=2\nhost=127.0.0.1\n"),
        file("carriage returns", "[s]\r\nhost=127.0.0.1\r\nport=1\r\n"),
        file("blanks around lines", "  [s]  \n\t host=127.0.0.1 \t\n port=1\u{0B}\u{0C}\n"),
        file("blank after the equals sign is data", group + "application_name= a b\n"),
        file("comments", "# c\n[s]\n  # host=x\nhost=127.0.0.1\nport=1\napplication_name=a#b\n"),
        file("no line feed at the end", "[s]\nhost=127.0.0.1\nport=1"),
        file("no quoting", group + "application_name='a\\b%41'\n"),
        file("equals sign in a value", group + "options=-c a=b\n"),
        file("empty value", group + "dbname=\n"),
        file("text after the bracket", "[s] trailing\nhost=127.0.0.1\nport=1\n"),
        file("ends at the next group", group + "[t]\nrubbish\n"),
        file("the group twice", group + "[s]\nrubbish\n"),
        file("rubbish in other groups", "rubbish\n[t]\nmore rubbish\n" + group),
        file("longest line", "[s]\nhost=127.0.0.1\nport=1\n#" + String(repeating: "x", count: 1_020) + "\n"),
        file("longest last line", group + "#" + String(repeating: "x", count: 1_021)),
        file("byte NUL hides the rest of a line", "[s]\nhost=127.0.0.1\nport=1\0rubbish\n"),
        file("requiressl is no keyword here, ssl neither", group + "sslmode=disable\n"),
    ]

    private static let errors: [Scenario] = [
        Scenario("no file", "service=s"),
        Scenario("no group", "service=s", files: [".pg_service.conf": "[t]\n", "etc/pg_service.conf": "[u]\n"]),
        Scenario("PGSERVICEFILE missing", "service=s", variables: ["PGSERVICEFILE": "{home}/f"]),
        Scenario("PGSERVICEFILE empty", "service=s", variables: ["PGSERVICEFILE": ""]),
        Scenario("PGSERVICEFILE a directory", "service=s", variables: ["PGSERVICEFILE": "{home}/f"], files: ["f/": ""]),
        Scenario(
            "PGSERVICEFILE longer than a path",
            "service=s",
            variables: ["PGSERVICEFILE": "/" + String(repeating: "f", count: 1_500)]
        ),
        file("case matters", "[S]\nhost=x\n"),
        file("blank inside the brackets", "[ s ]\nhost=x\n"),
        file("longer name", "[st]\nhost=x\n"),
        file("no closing bracket", "[s\nhost=x\n"),
        file("byte-order mark", "\u{FEFF}[s]\nhost=x\n"),
        file("line too long", group + "application_name=" + String(repeating: "x", count: 1_006) + "\n"),
        file("comment too long", "#" + String(repeating: "x", count: 1_022) + "\n" + group),
        file("line too long in another group", "[t]\n" + String(repeating: "x", count: 5_000) + "\n" + group),
        file("last line too long", group + "#" + String(repeating: "x", count: 1_022)),
        file("blank before the equals sign", "[s]\nhost = 127.0.0.1\n"),
        file("no equals sign", "[s]\n\nhost\n"),
        file("unknown keyword", "[s]\nhots=x\n"),
        file("requiressl", "[s]\nrequiressl=1\n"),
        file("semicolon is no comment", "[s]\n; x\n"),
        file("empty keyword", "[s]\n=x\n"),
        file("nested service", "[s]\nhost=127.0.0.1\nservice=t\n"),
        file("LDAP: no URL", "[s]\nldapx=y\n"),
        file("LDAP: another scheme", "[s]\nldaps://h/d?a?base?f\n"),
        file("LDAP: no name", "[s]\nldap://h\n"),
        file("LDAP: empty name", "[s]\nldap://h/?a\n"),
        file("LDAP: no attribute", "[s]\nldap://h/d\n"),
        file("LDAP: empty attribute", "[s]\nldap://h/d??base?f\n"),
        file("LDAP: no scope", "[s]\nldap://h/d?a\n"),
        file("LDAP: no filter", "[s]\nldap://h/d?a?base\n"),
        file("LDAP: empty filter", "[s]\nldap://h/d?a?base?\n"),
        file("LDAP: bad port", "[s]\nldap://h:x/d?a?base?f\n"),
        file("LDAP: port out of range", "[s]\nldap://h:65536/d?a?base?f\n"),
        file("LDAP: two attributes", "[s]\nldap://h:1/d?a,b?base?f\n"),
        file("LDAP: filter begins with a question mark", "[s]\nldap://h/d?a?base??\u{301}\n"),
        file("LDAP: bad scope", "[s]\nldap://h/d?a?tree?f\n"),
    ]

    private static func file(_ name: String, _ contents: String, conninfo: String = "service=s") -> Scenario {
        Scenario(name, conninfo, files: [".pg_service.conf": contents])
    }
}
