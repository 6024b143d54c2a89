extension ResolvedConninfo {
    /// Looks up the password for an endpoint in the password file, which libpq does where `password` is unset or empty.
    ///
    /// A file that cannot be opened is passed over in silence; one that is no plain file, or that others may read, is
    /// passed over with a warning.
    /// - Parameters:
    ///   - endpoint: one of ``endpoints()``.
    ///   - warn: is given libpq's warning, which names the file.
    /// - Returns: the password, a **secret**, which may be empty and need not be UTF-8; nil if no line matches, or if
    ///   the file does not come into play.
    public func passwordFromFile(for endpoint: Conninfo.Endpoint, warn: (String) -> Void = { _ in }) -> [UInt8]? {
        guard nonEmpty(.password) == nil, let path = nonEmpty(.passfile) else { return nil }
        guard let database = nonEmpty(.dbname), let user = nonEmpty(.user) else { return nil }
        guard let file = environment.files(path), let contents = file.contents else { return nil }
        if let fault = file.fault {
            warn("WARNING: password file \"\(String(decoding: path, as: UTF8.self))\" \(fault)")
            return nil
        }
        return PasswordFile(contents: contents)
            .password(matching: [fileHost(endpoint), endpoint.portBytes, database, user])
    }

    /// The default socket folder goes by the name `localhost` in the password file.
    private func fileHost(_ endpoint: Conninfo.Endpoint) -> [UInt8] {
        let host = endpoint.hostBytes ?? endpoint.hostaddrBytes ?? []
        return host == environment.socketDirectory ? Array("localhost".utf8) : host
    }
}

extension ConninfoFileReader.File {
    /// Why libpq does not trust the file.
    fileprivate var fault: String? {
        if !isPlainFile { return "is not a plain file" }
        guard permissions & 0o077 != 0 else { return nil }
        return "has group or world access; permissions should be u=rw (0600) or less"
    }
}
