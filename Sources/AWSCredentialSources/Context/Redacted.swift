import RDSIAMBasics

/// What the values of the outside world show when they are printed or dumped: that they exist, not what they hold.
///
/// An environment, a request and a child's output may each hold a secret.

extension CredentialContext: CustomReflectable {
    /// A mirror with the names of the environment variables, without their values.
    public var customMirror: Mirror {
        Mirror(self, children: ["environment": environment.keys.sorted(), "homeDirectory": homeDirectory as Any])
    }
}

extension CredentialHTTPRequest: CustomReflectable {
    /// A mirror with the method, the URL without its query and the names of the header fields.
    public var customMirror: Mirror {
        let place = url.splitBytes(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)[0]
        return Mirror(self, children: ["method": method, "url": place, "headers": headers.map(\.name)])
    }
}

extension CredentialHTTPResponse: CustomReflectable {
    /// A mirror with the status, the names of the header fields and the size of the body.
    public var customMirror: Mirror {
        Mirror(self, children: ["status": status, "headers": headers.map(\.name), "bytes": body.count])
    }
}

extension ProcessResult: CustomReflectable {
    /// A mirror with the status and the size of the output.
    public var customMirror: Mirror {
        Mirror(self, children: ["exitStatus": exitStatus, "bytes": output.count])
    }
}

extension ProcessCredentialSource: CustomReflectable {
    /// A mirror without the command.
    public var customMirror: Mirror { Mirror(self, children: ["profile": profile as Any]) }
}
