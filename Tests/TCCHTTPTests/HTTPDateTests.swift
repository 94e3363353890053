import TCC
import TCCHTTP
import Testing

@Suite("Times as HTTP has them")
struct HTTPDateTests {
    @Test func areReadToTheSecond() {
        #expect(HTTPDate.timestamp("Sun, 06 Nov 1994 08:49:37 GMT") == Timestamp(milliseconds: 784_111_777_000))
        #expect(HTTPDate.timestamp("Thu, 01 Jan 1970 00:00:00 GMT") == Timestamp(milliseconds: 0))
    }

    @Test(arguments: ["", "now", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994"])
    func whatIsNoneIsNotRead(text: String) { #expect(HTTPDate.timestamp(text) == nil) }
}
