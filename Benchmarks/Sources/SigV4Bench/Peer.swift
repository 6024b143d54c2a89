import Foundation

/// Another signer, run in its own interpreter, which times itself and prints nanoseconds for one token.
struct Peer {
    let name: String
    private let command: [String]

    /// Python's from the oracles where they are set up, else whatever is on the path.
    static var installed: [Peer] {
        let python = ProcessInfo.processInfo.environment["RDS_IAM_TEST_PYTHON"] ?? "python3"
        return [
            Peer(name: "botocore, generate_db_auth_token", command: [python, "-c", botocore]),
            Peer(name: "Node, aws4", command: ["node", "-e", aws4]),
            Peer(name: "Node, @smithy/signature-v4", command: ["node", "-e", smithy]),
        ]
    }

    /// Nanoseconds for one token, or `nil` if the peer is not installed.
    func measure() -> Double? {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return Double(String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private static let botocore = """
        import time, botocore.session
        session = botocore.session.Session()
        session.set_credentials('\(Inputs.keyID)', '\(Inputs.secret)', '\(Inputs.sessionToken)')
        client = session.create_client('rds', region_name='\(Inputs.region)')
        def one():
            return client.generate_db_auth_token('\(Inputs.host)', 5432, '\(Inputs.user)')
        best = 1e9
        for _ in range(20):
            start = time.process_time()
            for _ in range(200): one()
            best = min(best, (time.process_time() - start) / 200)
        print(best * 1e9)
        """

    private static let aws4 = timed(
        """
        const aws4 = require('aws4')
        const one = () => aws4.sign({ service: 'rds-db', region: '\(Inputs.region)', signQuery: true,
          host: '\(Inputs.host)', headers: { Host: '\(Inputs.host):5432' },
          path: '/?Action=connect&DBUser=\(Inputs.user)&X-Amz-Expires=900' },
          { accessKeyId: '\(Inputs.keyID)', secretAccessKey: '\(Inputs.secret)', sessionToken: '\(Inputs.sessionToken)' })
        """
    )

    private static let smithy = timed(
        """
        const { SignatureV4 } = require('@smithy/signature-v4')
        const { Sha256 } = require('@aws-crypto/sha256-js')
        const signer = new SignatureV4({ service: 'rds-db', region: '\(Inputs.region)', sha256: Sha256, credentials: {
          accessKeyId: '\(Inputs.keyID)', secretAccessKey: '\(Inputs.secret)', sessionToken: '\(Inputs.sessionToken)' } })
        const one = () => signer.presign({ method: 'GET', protocol: 'https:', hostname: '\(Inputs.host)', port: 5432, path: '/',
          query: { Action: 'connect', DBUser: '\(Inputs.user)' }, headers: { host: '\(Inputs.host):5432' } }, { expiresIn: 900 })
        """
    )

    private static func timed(_ setup: String) -> String {
        setup + """

            ;(async () => {
              let best = Infinity
              for (let round = 0; round < 20; round++) {
                const start = process.cpuUsage()
                for (let index = 0; index < 1000; index++) await one()
                const used = process.cpuUsage(start)
                best = Math.min(best, used.user + used.system)
              }
              console.log(best)
            })()
            """
    }
}
