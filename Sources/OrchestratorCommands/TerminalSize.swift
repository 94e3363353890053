#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A terminal's size, in characters.
package struct TerminalSize: Hashable, Sendable {
    /// Its width.
    package var columns: Int
    /// Its height.
    package var rows: Int

    /// Makes a size.
    ///
    /// - Parameters:
    ///   - columns: its width.
    ///   - rows: its height.
    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    /// The size of the terminal that a stream is; where it tells none, the usual 80 by 24.
    ///
    /// - Parameter descriptor: the stream.
    package init(of descriptor: Int32) {
        var window = winsize()
        #if canImport(Darwin)
        let request = UInt(0x4008_7468)  // TIOCGWINSZ, a macro that Swift does not see
        #else
        let request = UInt(TIOCGWINSZ)
        #endif
        let isKnown = ioctl(descriptor, request, &window) == 0 && window.ws_col > 0 && window.ws_row > 0
        self.init(columns: isKnown ? Int(window.ws_col) : 80, rows: isKnown ? Int(window.ws_row) : 24)
    }
}
