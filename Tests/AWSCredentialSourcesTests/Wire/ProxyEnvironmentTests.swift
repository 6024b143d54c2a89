#if AsyncHTTPClient

import Testing

@testable import AWSCredentialSources

/// What the variables about proxies mean.
@Suite(.timeLimit(.minutes(2))) struct ProxyEnvironmentTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var environment: [String: String]
        var url = "https://sts.eu-west-2.amazonaws.com/"
        /// Host and port of the proxy; `nil` for a direct connection.
        var proxy: String?

        var testDescription: String { name }
    }

    private static func except(_ list: String, _ url: String, _ isDirect: Bool) -> Case {
        Case(
            name: "NO_PROXY=\(list) and \(url)",
            environment: ["HTTPS_PROXY": "http://p:1", "NO_PROXY": list],
            url: url,
            proxy: isDirect ? nil : "p:1"
        )
    }

    static let choices = [
        Case(name: "nothing set", environment: [:]),
        Case(name: "https", environment: ["HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://q:2"], proxy: "p:1"),
        Case(
            name: "http",
            environment: ["HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://q:2"],
            url: "http://h/",
            proxy: "q:2"
        ),
        Case(name: "http's is not https's", environment: ["HTTP_PROXY": "http://q:2"]),
        Case(name: "all", environment: ["ALL_PROXY": "http://a:3"], proxy: "a:3"),
        Case(name: "https before all", environment: ["ALL_PROXY": "http://a:3", "https_proxy": "p:1"], proxy: "p:1"),
        Case(name: "lowercase first", environment: ["HTTPS_PROXY": "http://p:1", "https_proxy": "l:1"], proxy: "l:1"),
        Case(
            name: "a blank one is unset",
            environment: ["HTTPS_PROXY": "http://p:1", "https_proxy": " "],
            proxy: "p:1"
        ),
        Case(name: "no scheme", environment: ["HTTPS_PROXY": "p:1"], proxy: "p:1"),
        Case(name: "no port", environment: ["HTTPS_PROXY": "http://p/"], proxy: "p:80"),
        Case(name: "an address", environment: ["HTTPS_PROXY": "HTTP://[2001:db8::1]:8080"], proxy: "2001:db8::1:8080"),
        Case(
            name: "HTTP_PROXY is not read if a client may have set it",
            environment: ["HTTP_PROXY": "http://q:2", "REQUEST_METHOD": "GET"],
            url: "http://h/"
        ),
    ]

    static let exceptions = [
        except("*", "https://h/", true), except("", "https://h/", false), except("h", "https://h/", true),
        except("H", "https://h/", true), except("h", "https://H/", true), except("h", "https://gh/", false),
        except("amazonaws.com", "https://sts.amazonaws.com/", true),
        except(".amazonaws.com", "https://sts.amazonaws.com/", true),
        except("*.amazonaws.com", "https://sts.amazonaws.com/", true),
        except("amazonaws.com", "https://notamazonaws.com/", false), except("a, b ,c", "https://b/", true),
        except("h:443", "https://h/", true), except("h:444", "https://h/", false),
        except("h:444", "https://h:444/", true),
        except("10.0.0.1", "https://10.0.0.1/", true), except("10.0.0.1", "https://10.0.0.10/", false),
        except("10.0.0.0/8", "https://10.255.0.1/", true), except("10.0.0.0/8", "https://11.0.0.1/", false),
        except("10.0.0.0/12", "https://10.16.0.1/", false), except("0.0.0.0/0", "https://10.16.0.1/", true),
        except("0.0.0.0/0", "https://h/", false), except("2001:db8::/32", "https://[2001:db8::7]/", true),
        except("2001:db8::/32", "https://[2001:db9::7]/", false), except("::1", "https://[::1]/", true),
        except("[::1]:443", "https://[::1]/", true), except("10.0.0.0/99", "https://10.0.0.0/", true),
        except("10.0.0.0/-1", "https://11.0.0.0/", false), except("a b,h", "https://h/", true),
    ]

    @Test("the proxy is the one that other programs would take", arguments: choices + exceptions)
    func choice(_ proxyCase: Case) throws {
        let found = try ProxyEnvironment(proxyCase.environment).proxy(for: proxyCase.url)
        #expect(found?.description == proxyCase.proxy)
    }

    @Test("a login is decoded, and does not print")
    func login() throws {
        let found = try ProxyEnvironment(["HTTPS_PROXY": "http://m%40e:hid%2Fden%@p:1"]).proxy(for: "https://h/")
        #expect(found == .init(host: "p", port: 1, user: "m@e", password: "hid/den%"))
        var dumped = "\(String(describing: found)) \(String(reflecting: found))"
        dump(found, to: &dumped)
        #expect(!dumped.contains("hid"))
    }

    @Test(
        "anything other than an HTTP proxy is refused",
        arguments: ["https://p:1", "socks5://p:1", "ftp://p", "http://", "http://p:x", "http://p q", ":1"]
    )
    func unusable(_ setting: String) {
        #expect(throws: CredentialHTTPError(.unusableProxy)) {
            try ProxyEnvironment(["HTTPS_PROXY": setting]).proxy(for: "https://h/")
        }
    }
}

#endif
