import TCCHTTP
import Testing

@Suite("Settings: a service's base URL")
struct BaseURLTests {
    @Test(
        "A URL that can be called is taken, without the slashes at its end",
        arguments: [
            ("http://127.0.0.1:8081", "http://127.0.0.1:8081"), ("http://h", "http://h"), ("http://h/", "http://h"),
            ("HTTPS://Posts.Example:443//", "https://posts.example:443"), ("http://h:1", "http://h:1"),
            ("http://h:65535", "http://h:65535"), ("http://h:080", "http://h:80"),
            ("http://[::1]:8081", "http://[::1]:8081"),
            ("http://[2001:DB8::1]", "http://[2001:db8::1]"),
            ("http://[::ffff:1.2.3.4]:1", "http://[::ffff:1.2.3.4]:1"),
            ("http://a_b-c.d:1/tcc/v1/", "http://a_b-c.d:1/tcc/v1"), ("http://h/a%20b", "http://h/a%20b"),
            ("http://h.:1", "http://h.:1"),
        ]
    )
    func takes(text: String, url: String) throws {
        #expect(try BaseURL(text).description == url)
        #expect(try BaseURL(url).description == url)
    }

    @Test(
        "A URL that cannot be called is refused",
        arguments: [
            "", "h", "h:1", "localhost:8081", "//h", "http:/h", "http:h", "http://", "http:///p", "http://:80",
            "ftp://h",
            "file:///etc", "http://h:0", "http://h:65536", "http://h:80833", "http://h:-1", "http://h:+1",
            "http://h:1e3",
            "http://h:", "http://h:http", "http://h:99999999999999999999", "http://h:1:2", "http://u@h", "http://u:p@h",
            "http://h?x=1", "http://h?", "http://h#f", "http://h/#", "http://::1", "http://::1:80", "http://[::1",
            "http://[]", "http://[::1]x", "http://[::1]80", "http://[1.2.3.4]", "http://[::g]",
            "http://[fe80::1%25eth0]",
            "http://[::1]:0", "http://1.2.3", "http://1.2.3.4.5", "http://256.1.1.1", "http://1", "http://h..i",
            "http://.h", "http://-h", "http://h-", "http://a b", "http://h\n", "http://h\u{0}", " http://h",
            "http://h ",
            "http://h\\p", "http://h/a b", "http://h/%", "http://h/%4", "http://h/%zz", "http://h/<", "http://h/a/../b",
            "http://bücher.example", "http://h/ü", "http://%41", "http://h*",
            "http://" + String(repeating: "a", count: 64),
            "http://" + String(repeating: "a.", count: 127) + "a", "http://h/" + String(repeating: "a", count: 2048),
        ]
    )
    func refuses(text: String) {
        #expect(throws: BaseURL.Refused.self) { try BaseURL(text) }
    }

    @Test("A refusal says what is wrong with it")
    func reasons() {
        for (text, word) in [
            ("http://h:80833", "'80833', and a port is 1 to 65535"), ("ftp://h", "http:// or https://"),
            ("http://u@h", "user name"), ("http://::1", "[ and ]"), ("http://h?", "query"), ("http://", "no host"),
        ] {
            let refused = #expect(throws: BaseURL.Refused.self) { try BaseURL(text) }
            #expect(refused?.description.contains(word) == true, "\(text): \(refused?.description ?? "")")
        }
    }

    @Test("Its parts are what a caller needs")
    func parts() throws {
        let url = try BaseURL("https://[::1]:8443/tcc/")
        #expect(url.scheme == .https && url.host == "::1" && url.port == 8443 && url.path == "/tcc")
        #expect(url.origin == "https://[::1]:8443")
        #expect(try BaseURL("http://h").port == nil)
    }

    @Test("Whatever the bytes are, it is taken or refused, and what is taken is taken again as it is")
    func fuzz() {
        var random = SettingsFuzz(seed: 14)
        for _ in 0..<20_000 {
            let text = random.url()
            guard let url = try? BaseURL(text) else { continue }  // `try?`: most are refused
            #expect(try! BaseURL(url.description) == url, "\(text)")
            #expect((1...65535).contains(url.port ?? 1))
        }
    }
}
