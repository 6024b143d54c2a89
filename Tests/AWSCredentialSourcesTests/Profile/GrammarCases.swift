extension GrammarTests {
    static let sections: [GrammarCase] = [
        .config("an empty file", "", [:]),
        .config("blanks alone", " \n\t\n\r\n", [:]),
        .config("an empty profile", "[profile a]", ["a": [:]]),
        .config("an empty profile with its line end", "[profile a]\n", ["a": [:]]),
        .config("blanks round the name", "[profile \ta \t]", ["a": [:]]),
        .config("blanks before the prefix", "[ profile a ]", ["a": [:]]),
        .config("a tab between prefix and name", "[profile\ta]", ["a": [:]]),
        .config("several profiles", "[profile a]\nk = 1\n[profile b]\nk = 2\n", ["a": ["k": "1"], "b": ["k": "2"]]),
        .config("the default profile", "[default]\nk = v", ["default": ["k": "v"]]),
        .config("the default profile with blanks", "[ default ]\nk = v", ["default": ["k": "v"]]),
        .config("the default profile with its prefix", "[profile default]\nk = v", ["default": ["k": "v"]]),
        .config("a byte order mark", "\u{FEFF}[default]\nk = v", ["default": ["k": "v"]]),
        .config("no line end at the end", "[default]\nk = v\nl = w", ["default": ["k": "v", "l": "w"]]),
        GrammarCase(
            name: "an SSO session",
            config: "[sso-session s]\nsso_region = eu-west-1\n[profile a]\nk = v",
            profiles: ["a": ["k": "v"]],
            sessions: ["s": ["sso_region": "eu-west-1"]],
            warnings: 0
        ),
        GrammarCase(
            name: "an SSO session in the credentials file is left out",
            credentials: "[sso-session s]\nsso_region = eu-west-1\n",
            profiles: [:],
            sessions: [:],
            warnings: 1
        ),
        .config("a section of another kind is left out", "[plugins]\nk = v\n[preview x]\nk = v", [:], warnings: 2),
        .credentials(
            "credentials have no prefix",
            "[a]\nk = v\n[default]\nl = w",
            ["a": ["k": "v"], "default": ["l": "w"]]
        ),
    ]

    static let properties: [GrammarCase] = [
        .config("a property", "[profile a]\nname = value", ["a": ["name": "value"]]),
        .config("without blanks", "[profile a]\nname=value", ["a": ["name": "value"]]),
        .config("with many blanks", "[profile a]\nname \t=  \tvalue \t", ["a": ["name": "value"]]),
        .config(
            "Windows line ends",
            "[profile a]\r\nname = value\r\nmore = x\r\n",
            ["a": ["name": "value", "more": "x"]]
        ),
        .config("equals signs in the value", "[profile a]\nname = a=b==", ["a": ["name": "a=b=="]]),
        .config("other scripts in the value", "[profile a]\nname = 😂 grüße", ["a": ["name": "😂 grüße"]]),
        .config("an empty value", "[profile a]\nname =", ["a": ["name": ""]]),
        .config("several", "[profile a]\nk = 1\nl = 2\n\n m = 3", ["a": ["k": "1", "l": "2\nm = 3"]]),
        .config("the last of the same name wins", "[profile a]\nk = 1\nk = 2", ["a": ["k": "2"]]),
        .config("names in lower case", "[profile a]\nAWS_Access_Key_ID = 1", ["a": ["aws_access_key_id": "1"]]),
        .config("names in different case are one", "[profile a]\nK = 1\nk = 2", ["a": ["k": "2"]]),
        .config("quotes are kept", "[profile a]\nk = \"v\"", ["a": ["k": "\"v\""]]),
        .config("brackets in a value", "[profile a]\nk = [v]", ["a": ["k": "[v]"]]),
        .config("a colon divides nothing", "[profile a]\nk:l = v", ["a": ["k:l": "v"]]),
    ]

    static let comments: [GrammarCase] = [
        .config("lines", "# one\n; two\n[profile a]\n# three\nk = v\n; four", ["a": ["k": "v"]]),
        .config("empty ones", "#\n;\n[profile a]\nk = v #\nl = w ;", ["a": ["k": "v", "l": "w"]]),
        .config("after a section", "[profile a] # one\nk = v\n[profile b] ; two", ["a": ["k": "v"], "b": [:]]),
        .config("directly after a section", "[profile a]# one\n[profile b]; two", ["a": [:], "b": [:]]),
        .config("after a value", "[profile a]\nk = v # one\nl = w ; two", ["a": ["k": "v", "l": "w"]]),
        .config("after a value and a tab", "[profile a]\nk = v\t# one", ["a": ["k": "v"]]),
        .config(
            "beside a value they are part of it",
            "[profile a]\nk = v# one\nl = w; two",
            ["a": ["k": "v# one", "l": "w; two"]]
        ),
        .config("in place of a value", "[profile a]\nk = # one\nl = 2", ["a": ["k": "", "l": "2"]]),
        .config("a URL with a fragment is a value", "[profile a]\nk = http://x/#y", ["a": ["k": "http://x/#y"]]),
        .config("between properties", "[profile a]\nk = 1\n# c\nl = 2", ["a": ["k": "1", "l": "2"]]),
        .config("of both kinds in one line", "[profile a]\nk = v ; one # two", ["a": ["k": "v"]]),
    ]

    static let continuations: [GrammarCase] = [
        .config("one", "[profile a]\nk = v\n -more", ["a": ["k": "v\n-more"]]),
        .config("several", "[profile a]\nk = v\n -1\n\t-2", ["a": ["k": "v\n-1\n-2"]]),
        .config("trimmed", "[profile a]\nk = v\n \t -more \t", ["a": ["k": "v\n-more"]]),
        .config("with a comment sign", "[profile a]\nk = v\n -more # kept", ["a": ["k": "v\n-more # kept"]]),
        .config("a comment after blanks", "[profile a]\nk = v\n # one\n\t; two\n -more", ["a": ["k": "v\n-more"]]),
        .config("a comment among sub-properties", "[profile a]\ns3 =\n # c\n k = v", ["a": ["s3": "\nk = v"]]),
        .config("that looks like a property", "[profile a]\nk = v\n l = w", ["a": ["k": "v\nl = w"]]),
        .config("that looks like a section", "[profile a]\nk = v\n [profile b]", ["a": ["k": "v\n[profile b]"]]),
        .config("after a blank line", "[profile a]\nk = v\n\n more", ["a": ["k": "v\nmore"]]),
        .config("of the last property only", "[profile a]\nk = 1\nl = 2\n more", ["a": ["k": "1", "l": "2\nmore"]]),
        .config("sub-properties", "[profile a]\ns3 =\n k = v\n l = w", ["a": ["s3": "\nk = v\nl = w"]]),
        .config(
            "sub-properties with blank lines",
            "[profile a]\ns3 =\n k = v\n\t \n l = w",
            ["a": ["s3": "\nk = v\nl = w"]]
        ),
        .config("sub-properties with an empty value", "[profile a]\ns3 =\n k =", ["a": ["s3": "\nk ="]]),
        .config("sub-properties with an odd name", "[profile a]\ns3 =\n in valid = v", ["a": ["s3": "\nin valid = v"]]),
        .config(
            "a property after sub-properties",
            "[profile a]\ns3 =\n k = v\nl = w",
            ["a": ["s3": "\nk = v", "l": "w"]]
        ),
    ]

    static let merging: [GrammarCase] = [
        .config("a profile that stands twice", "[profile a]\nk = 1\n[profile a]\nl = 2", ["a": ["k": "1", "l": "2"]]),
        .config("a property that stands in both", "[profile a]\nk = 1\n[profile a]\nk = 2", ["a": ["k": "2"]]),
        .config(
            "[profile default] before [default]",
            "[profile default]\nk = 1\n[default]\nl = 2",
            ["default": ["k": "1"]]
        ),
        .config(
            "[profile default] after [default]",
            "[default]\nl = 2\n[profile default]\nk = 1",
            ["default": ["k": "1"]]
        ),
        .config(
            "[profile default] twice, [default] between",
            "[profile default]\nk = 1\n[default]\nl = 2\n[profile default]\nm = 3",
            ["default": ["k": "1", "m": "3"]]
        ),
        .both("two files", "[profile a]\nk = 1", "[a]\nl = 2", ["a": ["k": "1", "l": "2"]]),
        .both(
            "credentials win property by property",
            "[profile a]\nk = 1\nl = 1",
            "[a]\nk = 2",
            ["a": ["k": "2", "l": "1"]]
        ),
        .both(
            "the default profile of both",
            "[default]\nk = 1",
            "[default]\nl = 2",
            ["default": ["k": "1", "l": "2"]]
        ),
        .both(
            "[profile default] and credentials",
            "[default]\nx = 0\n[profile default]\nk = 1",
            "[default]\nl = 2",
            ["default": ["k": "1", "l": "2"]]
        ),
        .both("different profiles", "[profile a]\nk = 1", "[b]\nl = 2", ["a": ["k": "1"], "b": ["l": "2"]]),
    ]

    static let names: [GrammarCase] = [
        .config("every letter", "[profile AZaz09-_/.%@:+]\nk = v", ["AZaz09-_/.%@:+": ["k": "v"]]),
        .config("profile names keep their case", "[profile Dev]\nk = v", ["Dev": ["k": "v"]]),
        .config("a blank in the name is left out", "[profile a b]\nk = v", [:], warnings: 1),
        .config("a name in double quotes", "[profile \"Team Beta\"]\nk = v", ["Team Beta": ["k": "v"]]),
        .config("a name in single quotes", "[profile 'Team Alpha']\nk = v", ["Team Alpha": ["k": "v"]]),
        .config("quotes in the middle of a name", "[profile a'b c'd]\nk = v", ["ab cd": ["k": "v"]]),
        .config("a quote in quotes", "[profile \"it's \\\"x\\\"\"]\nk = v", ["it's \"x\"": ["k": "v"]]),
        .config("an apostrophe as the CLI writes it", "[profile 'it'\"'\"'s']\nk = v", ["it's": ["k": "v"]]),
        .config("a backslash before a blank", "[profile a\\ b]\nk = v", ["a b": ["k": "v"]]),
        .config("a bracket and a comment sign in quotes", "[profile 'a]#b'] # c\nk = v", ["a]#b": ["k": "v"]]),
        .config("a quote without an end is left out", "[profile 'a]\nk = v\n[default]", ["default": [:]], warnings: 1),
        .config("an empty name in quotes is left out", "[profile '']\nk = v", [:], warnings: 1),
        .config("the default profile in quotes", "[profile 'default']\nk = v", ["default": ["k": "v"]]),
        .config("a name in another script", "[profile grün]\nk = v", ["grün": ["k": "v"]]),
        .config("a comment sign in a name", "[profile a#b]\nk = v", ["a#b": ["k": "v"]]),
        .config("text after a section is passed over", "[profile a] x\nk = v", ["a": ["k": "v"]]),
        GrammarCase(
            name: "an SSO session in quotes",
            config: "[sso-session 'Acme Corp']\nsso_region = eu-west-1",
            profiles: [:],
            sessions: ["Acme Corp": ["sso_region": "eu-west-1"]],
            warnings: 0
        ),
        .config("no prefix in the config file is left out", "[a]\nk = v", [:], warnings: 1),
        .config("a prefix without a name is left out", "[profile]\nk = v\n[profile ]\nk = v", [:], warnings: 2),
        .config("a prefix grown together is left out", "[profilea]\nk = v", [:], warnings: 1),
        .config("a section without a name is left out", "[]\nk = v", [:], warnings: 1),
        .credentials("a prefix in the credentials file is left out", "[profile a]\nk = v", [:], warnings: 1),
        .credentials("a blank in a credentials name", "[Team Alpha]\nk = v", ["Team Alpha": ["k": "v"]]),
        .credentials("quotes in a credentials name are part of it", "['a b']\nk = v", ["'a b'": ["k": "v"]]),
        .credentials("an apostrophe in a credentials name", "[it's]\nk = v", ["it's": ["k": "v"]]),
        .config(
            "a property with a blank in its name is left out",
            "[profile a]\nin valid = v\nk = w",
            ["a": ["k": "w"]],
            warnings: 1
        ),
        .config("every letter in a property", "[profile a]\nAZaz09-_/.%@:+ = v", ["a": ["azaz09-_/.%@:+": "v"]]),
    ]

    static let errors: [GrammarCase] = [
        .faulty("a section without its bracket", "[profile a", "config, line 1, a section must end"),
        .faulty(
            "a section without its bracket takes no other",
            "[default]\nk = v\n[profile a\nl = w",
            "line 3, a section",
            ["default": ["k": "v"]]
        ),
        .faulty(
            "a property before the first section",
            "\n# c\nk = v",
            "line 3, a property stands before the first section"
        ),
        .faulty(
            "a continuation before the first section",
            " k = v",
            "line 1, a continuation stands before the first section"
        ),
        .faulty("a continuation before the first property", "[profile a]\n x", "line 2, a continuation stands before"),
        .faulty(
            "a continuation after a new section",
            "[profile a]\nk = v\n[profile a]\n x",
            "line 4, a continuation stands before"
        ),
        .faulty("a property without an equals sign", "[profile a]\nk : v", "line 2, a property needs an '='"),
        .faulty(
            "a property whose equals sign is in a comment",
            "[profile a]\nk # = v",
            "line 2, a property needs an '='"
        ),
        .faulty("a property without a name", "[profile a]\n= v", "line 2, a property needs a name"),
        .faulty(
            "a sub-property without an equals sign",
            "[profile a]\ns3 =\n k",
            "line 3, a sub-property needs an '='"
        ),
        .faulty("a sub-property without a name", "[profile a]\ns3 =\n = v", "line 3, a sub-property needs a name"),
        .faulty("a section that is left out", "[plugins]\nrubbish", "line 1, the section [plugins] is left out"),
        .faulty("healthy profiles stay", "[profile a]\nk\n[profile b]\nl = w", "line 2, a property", ["b": ["l": "w"]]),
        .faulty("one of two parts", "[profile a]\nk\n[profile a]\nl = w", "line 2, a property", [:]),
        GrammarCase(
            name: "an error in the credentials file",
            config: "",
            credentials: "[a]\n=",
            profiles: [:],
            fault: "credentials, line 2"
        ),
    ]
}
