import Foundation

/// STS over HTTP on a loopback port: it says whose credentials they are, and refuses some of them.
///
/// The access key ASIAEXPIRED has expired, as far as it goes. A signature is not judged.
public final class STSLookalike: Sendable {
    private let server: ServerProcess
    /// What `AWS_ENDPOINT_URL_STS` is set to.
    public let url: String

    private init(_ server: ServerProcess) throws {
        self.server = server
        let facts = try JSONDecoder().decode([String: Int].self, from: server.facts)
        url = "http://127.0.0.1:\(facts["port"] ?? 0)"
    }

    /// Starts it.
    public static func start() async throws -> STSLookalike {
        try STSLookalike(try await ServerProcess.start("/usr/bin/env", ["python3", "-c", script]))
    }

    private static let script = """
        import http.server, json, sys, threading, urllib.parse
        GOOD = '''<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>\
        <Arn>arn:aws:sts::123456789012:assumed-role/app/me</Arn><UserId>AROAEXAMPLE:me</UserId>\
        <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>'''
        OLD = '<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>It has expired.</Message></Error></ErrorResponse>'
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                signed = self.headers.get("authorization", "")
                known = form.get("Action") == ["GetCallerIdentity"] and signed.startswith("AWS4-HMAC-SHA256 Credential=")
                status, text = (403, OLD) if "ASIAEXPIRED/" in signed else (200, GOOD) if known else (400, "")
                self.send_response(status)
                self.send_header("content-type", "text/xml")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())
            def log_message(self, *_): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(json.dumps({"port": server.server_address[1]}), flush=True)
        sys.stdin.read()
        """
}
