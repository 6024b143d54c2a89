public import CLibpq
public import PGConninfo

/// The linked libpq's answer to a connection string.
public enum Oracle {
    /// The dialect of the linked libpq.
    public static let dialect = Conninfo.Dialect(libpqVersion: Int(PQlibVersion()))

    /// A parser's answer: the parameters that are set, in libpq's order, or the bytes of the message.
    public enum Answer: Equatable, Sendable {
        /// The parameters, each with its keyword's name.
        case parameters([Setting])
        /// The message, its closing line feed included.
        case error([UInt8])
    }

    /// One parameter.
    public struct Setting: Equatable, Sendable {
        /// The keyword.
        public let name: String
        /// The value's bytes.
        public let bytes: [UInt8]

        /// Creates a parameter.
        public init(_ name: String, _ bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// Calls `PQconninfoParse`, which sees the input up to its first NUL.
    public static func parse(_ input: [UInt8]) -> Answer {
        var message: UnsafeMutablePointer<CChar>?
        let options = (input + [0]).withUnsafeBufferPointer { input in
            input.withMemoryRebound(to: CChar.self) { PQconninfoParse($0.baseAddress, &message) }
        }
        defer {
            PQconninfoFree(options)
            PQfreemem(message)
        }
        if let options { return .parameters(settings(options)) }
        return .error(message.map { bytes($0) } ?? [])
    }

    /// Returns the options that have a value.
    public static func settings(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [Setting] {
        var settings: [Setting] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { settings.append(Setting(String(cString: keyword), bytes(value))) }
            option += 1
        }
        return settings
    }

    /// Returns the bytes of a C string.
    public static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        var count = 0
        while text[count] != 0 { count += 1 }
        return UnsafeBufferPointer(start: text, count: count).map(UInt8.init(bitPattern:))
    }
}

extension Conninfo {
    /// Returns this package's answer in the oracle's terms.
    public static func answer(to input: [UInt8], dialect: Dialect) -> Oracle.Answer {
        do throws(ConninfoError) {
            return .parameters(try parse(input, dialect: dialect).settings)
        } catch {
            return .error(error.unsafeLibpqMessageBytes)
        }
    }

    /// The parameters in the oracle's terms.
    public var settings: [Oracle.Setting] {
        parameters.map { Oracle.Setting($0.keyword.name, $0.bytes) }
    }
}
