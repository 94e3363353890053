import Hosting
import Verification

extension RunVerdict {
    /// What its colour says.
    var tone: TerminalStyle.Tone {
        switch self {
        case .valid: .good
        case .invalid: .bad
        case .unknown: .caution
        }
    }

    /// A word to end with.
    ///
    /// - Parameter style: what the terminal can show.
    /// - Returns: the word, and an invalid one cannot be overlooked.
    func text(_ style: TerminalStyle) -> String {
        style.paint(self == .invalid ? rawValue.uppercased() : rawValue, tone)
    }
}
