/// Keyword/value strings for every turn of libpq's grammar; the expected answers are the linked libpq's.
enum KeywordValueCases {
    static let all: [String] = [
        // Blanks.
        "", " ", "\t\n\u{0B}\u{0C}\r ", "host=h", " host = h ", "host\t=\nh", "host=h port=1", "host=h\nport=1",
        "host=h\r\nport=1", "host=\u{A0}h", "host=h\u{85}port=1", "\u{FEFF}host=h", "host=a\u{1C}b", "host =\u{2003}h",
        // Names.
        "=", "=x", " = x", "host", "host ", "host h", "host h=x", "hots=x", "HOST=h", "host'=x", "'host'=x", "ho\\st=x",
        "hóst=x", "host=h hots", "host=h hots ", "hots", "hots=", "hots='",
        // Values without quotes.
        "host=", "host= ", "user= password=foo", "host=a'b", "host=a\\ b", "host=a\\'b", "host=a\\\\b", "host=a\\",
        "host=\\", "host=a\\\\", "host=a\\nb", "host=a=b", "host=a\\\nb", "host=\\é", "host=a\\ ", "host=a\\\tport=1",
        // Quoted values.
        "host=''", "host='h'", "host='a b'", "host = 'a b' ", "host='a\\'b'", "host='a\\\\b'", "host='a\\nb'",
        "host='a\nb'",
        "host='a''b'", "host='a'port=1", "host='a'b", "host='a'b=1", "host='", "host='a", "host='a\\", "host='a\\'",
        "host='a\\\\'", "host='='", "host='' port=''", "host='\\'", "host=''''", "user='\u{301}x'", "host='é'",
        // Several.
        "host=a host=b", "host=a host=", "password=p@ss:w/rd%41", "requiressl=1", "requiressl=0", "requiressl=",
        "requiressl=1 sslmode=allow", "sslmode=allow requiressl=no", "requiressl='1'", "ssl=true", "service=s",
        "servicefile=f",
        "host=h%2C port=%31", "dbname=postgres://h", "dbname='host=x'", "sslcertmode=x", "require_auth=x",
        "sslkeylogfile=x",
    ]
}
