import DraftLibrary
import Hosting

@main
enum Main {
    static func main() async {
        await CommandEntry.run(DraftService.self)
    }
}
