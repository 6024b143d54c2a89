import Foundation

/// botocore doing the same, measured by itself, if an interpreter with botocore is named.
struct BotocorePeer: Decodable {
    var environment: String
    var profile: String

    static func measure() -> BotocorePeer? {
        guard let python = ProcessInfo.processInfo.environment["RDS_IAM_TEST_PYTHON"] else { return nil }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("profiles-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["-c", script, file.path]
        process.standardOutput = output
        do {
            try Data(Inputs.profiles.utf8).write(to: file)
            try process.run()
            return try JSONDecoder().decode(BotocorePeer.self, from: output.fileHandleForReading.readDataToEndOfFile())
        } catch {
            return nil
        }
    }

    private static let script = """
        import json, sys, timeit
        import botocore, botocore.configloader, botocore.credentials
        env = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "s" * 40, "AWS_SESSION_TOKEN": "t" * 700}
        load = lambda: botocore.credentials.EnvProvider(env).load().get_frozen_credentials()
        parse = lambda: botocore.configloader.load_config(sys.argv[1])["profiles"]["p999"]
        best = lambda work, number: f"{min(timeit.repeat(work, number=number, repeat=5)) / number * 1e9:.0f} ns ({botocore.__version__})"
        print(json.dumps({"environment": best(load, 2000), "profile": best(parse, 1)}))
        """
}
