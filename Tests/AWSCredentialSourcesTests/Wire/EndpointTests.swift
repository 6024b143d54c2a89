import Foundation
import Testing

@testable import AWSCredentialSources

/// The hosts of the services, against botocore's rule sets (`Fixtures/aws/endpoints.json`).
@Suite(.timeLimit(.minutes(2))) struct EndpointTests {
    private struct Table: Decodable {
        struct Row: Decodable {
            var service: String
            var region: String
            var fips: Bool
            var dualStack: Bool
            var url: String
        }
        var endpoints: [Row]
    }

    @Test("every endpoint is the one botocore names")
    func botocore() throws {
        let services: [String: AWSService] = [
            "sts": .sts, "sso": .sso, "sso-oidc": .ssoOIDC, "signin": .signin,
            "redshift": AWSService("redshift", settingName: "REDSHIFT", govCloudIsFIPS: true),
            "redshift-serverless": AWSService("redshift-serverless", settingName: "REDSHIFT_SERVERLESS"),
            "secretsmanager": AWSService("secretsmanager", settingName: "SECRETS_MANAGER", plainIsDualStack: true),
        ]
        let table = try Fixtures.decode(Table.self, from: "endpoints.json")
        #expect(table.endpoints.count > 200)
        for row in table.endpoints {
            let service = try #require(services[row.service])
            let host = service.host(region: row.region, fips: row.fips, dualStack: row.dualStack)
            #expect("https://\(host)" == row.url)
        }
    }

    struct URLCase: Sendable {
        var text: String
        var authority: String?
        var mayUseProxy = true
    }

    @Test(
        "URLs are taken apart strictly, and this machine's link never goes through a proxy",
        arguments: [
            URLCase(text: "https://sts.amazonaws.com", authority: "sts.amazonaws.com"),
            URLCase(text: "HTTP://h:81/p?q", authority: "h:81"),
            URLCase(text: "http://169.254.169.254", authority: "169.254.169.254", mayUseProxy: false),
            URLCase(text: "http://169.254.170.23/v1", authority: "169.254.170.23", mayUseProxy: false),
            URLCase(text: "http://[fd00:ec2::254]", authority: "[fd00:ec2::254]", mayUseProxy: false),
            URLCase(text: "http://[fe80::1]:80/", authority: "[fe80::1]:80", mayUseProxy: false),
            URLCase(text: "http://127.0.0.1:1/x", authority: "127.0.0.1:1", mayUseProxy: false),
            URLCase(text: "http://[::1]/x", authority: "[::1]", mayUseProxy: false),
            URLCase(text: "http://LocalHost:1", authority: "LocalHost:1", mayUseProxy: false),
            URLCase(text: "http://a.localhost", authority: "a.localhost", mayUseProxy: false),
            URLCase(text: "http://10.0.0.1", authority: "10.0.0.1"),
            URLCase(text: ""), URLCase(text: "sts.amazonaws.com"), URLCase(text: "http://"), URLCase(text: "http:///x"),
            URLCase(text: "ftp://h"), URLCase(text: "http://u@h"), URLCase(text: "http://u:p@h/"),
            URLCase(text: "http://h:"), URLCase(text: "http://h:0"), URLCase(text: "http://h:65536"),
            URLCase(text: "http://h:x"), URLCase(text: "http://[::1"), URLCase(text: "http://[h]"),
            URLCase(text: "http://[::1%25eth0]"), URLCase(text: "http://h/#f"), URLCase(text: "http://h /"),
            URLCase(text: "http://h\r\nx: y"), URLCase(text: "http://h\\@evil"), URLCase(text: "http://%68"),
            URLCase(text: "http://grün.example"),
        ]
    )
    func urls(_ urlCase: URLCase) {
        let url = HTTPURL(urlCase.text)
        #expect(url?.authority == urlCase.authority)
        if let url { #expect(url.mayUseProxy == urlCase.mayUseProxy) }
    }
}
