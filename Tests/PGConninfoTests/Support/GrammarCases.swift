/// Connection strings for every branch of libpq's grammar.
///
/// The expected answers are the linked libpq's.
enum GrammarCases {
    static let uris: [String] = [
        // Scheme.
        "postgresql://", "postgres://", "postgresql:///", "postgresql://?", "postgresql://,", "postgresql:/h",
        "postgresql:h", "postgre://h", "POSTGRESQL://h", " postgresql://h", "postgresql://postgresql://h",
        "jdbc:postgresql://h/d",
        // User and password.
        "postgresql://u@h", "postgresql://u:p@h", "postgresql://u:@h", "postgresql://:p@h", "postgresql://@h",
        "postgresql://:@h", "postgresql://u:p:q@h", "postgresql://a@b@h", "postgresql://u%40x:p%2Fw@h",
        "postgresql://u:%ff@h", "postgresql://u:%zz@h", "postgresql://%@h", "postgresql://u%00@h",
        "postgresql://[u@h]", "postgresql://u:p/x@h:1/d", "postgresql://h?user=a@b", "postgresql://%zz@[",
        "postgresql://u@",
        // Hosts and ports.
        "postgresql://h", "postgresql://h:1", "postgresql://h:", "postgresql://:1", "postgresql://h:1:2",
        "postgresql://h:port", "postgresql://::1", "postgresql://h1:1,h2:2/d", "postgresql://h1,h2:2",
        "postgresql://h1:1,h2", "postgresql://h1,h2/d", "postgresql://,,", "postgresql://h1,,h3:3",
        "postgresql://:1,:2",
        "postgresql://a%2Cb", "postgresql://%2Fvar%2Frun:5/d", "postgresql://h%zz", "postgresql://h%2,x",
        "postgresql://h:%31", "postgresql://h:%zz", "postgresql://h1:1,h2:%0", "postgresql://h%00,h", "postgresql://é",
        // IPv6.
        "postgresql://[::1]", "postgresql://[::1]:5432/d", "postgresql://[::1],[::2]:2", "postgresql://[::1",
        "postgresql://[",
        "postgresql://[]", "postgresql://[]:1", "postgresql://[::1]x", "postgresql://[::1]@h", "postgresql://[::1]é",
        "postgresql://u@[::1]?host=x", "postgresql://[fe80::1%25eth0]", "postgresql://[fe80::1%eth0]",
        "postgresql://[fe80::1%11]", "postgresql://h[::1]", "postgresql://h,[", "postgresql://h,[]",
        "postgresql://h,[a]b",
        "postgresql://[a/b?c,d]", "postgresql://[h]?host=x", "postgresql://[h]/d",
        // Database.
        "postgresql:///d", "postgresql://h/", "postgresql://h/a/b", "postgresql://h/a%2Fb", "postgresql://h/d#f",
        "postgresql://h/%zz", "postgresql://h/d%00", "postgresql://h/a b", "postgresql://h/?dbname=x",
        // Query.
        "postgresql://h?", "postgresql://h?user=u", "postgresql://h/d?user=", "postgresql://h?user",
        "postgresql://h?=u",
        "postgresql://h?user=u&", "postgresql://h?&user=u", "postgresql://h?user=u&&port=1", "postgresql://h?user=a=b",
        "postgresql://h?user==", "postgresql://h?us%65r=u", "postgresql://h?user=%zz", "postgresql://h?%zz=u",
        "postgresql://h?hots=%zz", "postgresql://h?hots=1", "postgresql://h?user=%00", "postgresql://h?user%3Da=b",
        "postgresql://h?user=a&user=b", "postgresql://u@h?user=b&host=c&port=7", "postgresql://h?user=a;b",
        "postgresql://h?user=a+b",
        "postgresql://h?user=a#b", "postgresql://h?user=a?b", "postgresql://h?user=a/b:c", "postgresql://h?user=é",
        "postgresql://h?USER=u", "postgresql://h?user=a%26b", "postgresql://h?user&port=1", "postgresql://h?user=a&=b",
        // Rewritten parameters.
        "postgresql://h?ssl=true", "postgresql://h?ssl=false", "postgresql://h?ssl=True", "postgresql://h?ssl=",
        "postgresql://h?%73sl=tru%65", "postgresql://h?ssl=true&sslmode=disable",
        "postgresql://h?sslmode=disable&ssl=true",
        "postgresql://h?requiressl=1", "postgresql://h?requiressl=0", "postgresql://h?requiressl=",
        "postgresql://h?requiressl=1x",
        // Spaces.
        "postgresql://h /d", "postgresql:// h", "postgresql://h?user= u ", "postgresql://h? user =u",
        "postgresql://h/ ",
        "postgresql://h/%20", "postgresql://u : p @h", "postgresql://h\t/d", "postgresql://h1 , h2",
        "postgresql://h?user=%20 ",
        // White space and control bytes that are data.
        "postgresql://h\r\n", "postgresql://h/\u{85}", "postgresql://h/\u{A0}",
    ]

    static let keywordValues: [String] = [
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
