// One factory for each message of libpq's service-file reader.
extension ConninfoError {
    static func serviceFileNotFound(_ path: [UInt8]) -> ConninfoError {
        let message = LibpqMessage.quoting(path, "service file ", " not found")
        return ConninfoError(.serviceFileNotFound, keyword: "service", message: message)
    }

    static func serviceNotFound(_ service: [UInt8]) -> ConninfoError {
        let message = LibpqMessage.quoting(service, "definition of service ", " not found")
        return ConninfoError(.serviceNotFound, keyword: "service", message: message)
    }

    static func serviceLineTooLong(_ path: [UInt8], line: Int) -> ConninfoError {
        let message = LibpqMessage.quoting(path, "line \(line) too long in service file ")
        return ConninfoError(.serviceLineTooLong, keyword: "service", line: line, message: message)
    }

    static func serviceSyntax(_ path: [UInt8], line: Int) -> ConninfoError {
        let message = LibpqMessage.quoting(path, "syntax error in service file ", ", line \(line)")
        return ConninfoError(.serviceSyntax, keyword: "service", line: line, message: message)
    }

    static func nestedService(
        _ keyword: Conninfo.Keyword,
        _ path: [UInt8],
        line: Int,
        dialect: Conninfo.Dialect
    ) -> ConninfoError {
        let name = dialect >= .v19 ? "\"\(keyword)\"" : keyword.name
        let text = "nested \(name) specifications not supported in service file "
        let message = LibpqMessage.quoting(path, text, ", line \(line)")
        return ConninfoError(.nestedService, keyword: keyword.name, line: line, message: message)
    }
}
