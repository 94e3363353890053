import OnlineLibrary
import Hosting

@main
enum Main {
    static func main() async {
        await CommandEntry.run(OnlineService.self)
    }
}
