import TCC
import TCCHTTP
import Testing

@Suite("Lists of entity tags")
struct EntityTagTests {
    @Test(
        "RFC 9110, 5.6.1.2, 8.8.3 and 13.1: empty members, commas inside, weak ones, and *",
        arguments: [
            (#""1" , ,"2""#, true), (#", ,"1""#, true), (#""1","#, true), (#""a,b","1""#, true),
            (#" "1"\#t, "2" "#, true),
            ("*", true), (" * ", true), (#""2""#, false), ("", false), (" , ,", false), (#""11""#, false),
            (#""a,"1",b""#, nil), ("1", nil), (#""1"#, nil), (#""1" "2""#, nil), (#"*, "1""#, nil), (#"w/"1""#, nil),
            (#"W/ "1""#, nil), (#""1 2""#, nil), ("\"", nil), (#"W/"#, nil),
        ]
    )
    func lists(_ field: String, _ matches: Bool?) throws {
        do {
            #expect(try EntityTag.matches(field, 1, weak: false) == matches, "\(field)")
        } catch let problem as Problem {
            #expect(problem.status == 400 && matches == nil, "\(field)")
        }
    }

    @Test("a weak tag counts where it may")
    func weak() throws {
        #expect(try EntityTag.matches(#""2", W/"1""#, 1, weak: true))
        #expect(try !EntityTag.matches(#""2", W/"1""#, 1, weak: false))
    }
}
