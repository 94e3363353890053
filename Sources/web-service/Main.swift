import Hosting
import Pages

@main
enum Main {
    static func main() async {
        await CommandEntry.run(WebService.self)
    }
}
