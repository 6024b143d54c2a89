/// The password file: what matches, how it is unescaped, and when libpq ignores the file.
enum PasswordScenarios {
    static let all =
        [
            file("exact match", "127.0.0.1:1:d:u:secret\n"),
            file("wildcards", "*:*:*:*:secret\n"),
            file("first match wins", "*:1:*:*:first\n127.0.0.1:1:d:u:second\n"),
            file("empty password wins", "*:1:*:*:\n127.0.0.1:1:d:u:second\n"),
            file("other host", "127.0.0.2:1:d:u:secret\n"),
            file("other user", "127.0.0.1:1:d:v:secret\n"),
            file("port as text", "127.0.0.1:01:d:u:secret\n"),
            file("comment", "#127.0.0.1:1:d:u:no\n127.0.0.1:1:d:u:secret\n"),
            file("no comment after a blank", " #x\n*:*:*:*:secret\n"),
            file("escapes in a field", "127\\.0.0.1:1:\\d:u:secret\n"),
            file("escapes in the password", "*:*:*:*:a\\:b\\\\c\\d\n"),
            file("backslash at the end", "*:*:*:*:secret\\\n"),
            file("field after the password", "*:*:*:*:secret:more\n"),
            file("carriage returns", "*:*:*:*:secret\r\r\n"),
            file("blanks are data", "*:*:*:*: secret \n"),
            file("no line feed at the end", "*:*:*:*:secret"),
            file("too few fields", "*:*:*:secret\n"),
            file("star is no prefix", "*1:*:*:*:no\n"),
            file("longer field", "127.0.0.11:1:d:u:no\n"),
            file("field with a bare star", "**:1:d:u:no\n"),
            file("long line", "*:*:*:*:" + String(repeating: "p", count: 3_000) + "\n"),
            file("empty lines", "\n\n*:*:*:*:secret\n"),
            file("group may read", "*:*:*:*:secret\n", permissions: 0o640),
            file("others may read", "*:*:*:*:secret\n", permissions: 0o604),
            file("others may execute", "*:*:*:*:secret\n", permissions: 0o601),
            file("own permissions do not matter", "*:*:*:*:secret\n", permissions: 0o700),
        ] + [
            Scenario("no file", target),
            Scenario("directory", target, files: [".pgpass/": ""]),
            Scenario("another file", target + " passfile={home}/p", files: ["p": "*:*:*:*:secret\n"]),
            Scenario("missing file", target + " passfile={home}/p", files: [".pgpass": "*:*:*:*:no\n"]),
            Scenario("password given", target + " password=own", files: [".pgpass": "*:*:*:*:no\n"]),
            Scenario("empty password given", target + " password=''", files: [".pgpass": "*:*:*:*:secret\n"]),
            Scenario("host before address", "host=h hostaddr=127.0.0.1 port=1", files: [".pgpass": "h:1:*:*:secret\n"]),
            Scenario("address alone", "hostaddr=127.0.0.1 port=1", files: [".pgpass": "127.0.0.1:1:*:*:secret\n"]),
            Scenario("default socket is localhost", "port=1", files: [".pgpass": "localhost:1:*:*:secret\n"]),
            Scenario("other socket by its directory", "host=/no port=1", files: [".pgpass": "/no:1:*:*:secret\n"]),
            Scenario("default port by its number", "host=/no", files: [".pgpass": "*:5432:*:*:secret\n"]),
            Scenario(
                "last of two hosts",
                "host=/no,/nope port=1,2",
                files: [".pgpass": "/no:1:*:*:a\n/nope:2:*:*:b\n"]
            ),
            Scenario("database named as the user", "host=/no user=u", files: [".pgpass": "*:*:u:u:secret\n"]),
        ]

    private static let target = "host=127.0.0.1 port=1 user=u dbname=d"

    private static func file(_ name: String, _ contents: String, permissions: Int = 0o600) -> Scenario {
        Scenario(name, target, files: [".pgpass": contents], permissions: permissions)
    }
}
