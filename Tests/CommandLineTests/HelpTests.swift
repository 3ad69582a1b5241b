import Foundation
import Testing

/// Help and completions: everything that can be typed is explained.
@Suite struct HelpTests {
  private static let commands = [
    "run", "validate", "plan", "set", "stop", "info", "monitor", "scan", "devices", "pair", "shell", "frame", "report",
  ]

  @Test func `the help names every command and every exit status`() async throws {
    let run = try await ProgramRun.percuss("--help")
    #expect(run.status == 0)
    for command in Self.commands { #expect(run.output.contains("\n  \(command) "), "\(command)") }
    for status in ["0", "2", "65", "69", "70", "75", "130"] {
      #expect(run.lines.contains { $0.hasPrefix("  \(status) ") }, "\(status)")
    }
    let bare = try await ProgramRun.percuss()
    #expect(bare.status == 0 && bare.output == run.output)
  }

  @Test func `the version names the program's and the protocol's`() async throws {
    let run = try await ProgramRun.percuss("--version")
    #expect(run.status == 0)
    #expect(run.output.contains(/^percuss [0-9]+\.[0-9]+\.[0-9]+ \(protocol [0-9]+\.[0-9]+\)\n$/))
  }

  @Test(arguments: commands)
  func `the help of a command explains each of its options`(command: String) async throws {
    let tree = try await ProgramRun.percuss("--experimental-dump-help")
    let root = try #require(try JSONSerialization.jsonObject(with: Data(tree.output.utf8)) as? [String: Any])
    let all = try #require((root["command"] as? [String: Any])?["subcommands"] as? [[String: Any]])
    let described = try #require(all.first { $0["commandName"] as? String == command })
    let help = try await ProgramRun.percuss(command, "--help")
    #expect(help.status == 0)
    let arguments = described["arguments"] as? [[String: Any]] ?? []
    #expect(!arguments.isEmpty)
    for argument in arguments {
      let abstract = argument["abstract"] as? String ?? ""
      #expect(!abstract.isEmpty, "\(argument)")
      for name in argument["names"] as? [[String: Any]] ?? [] {
        let text = try #require(name["name"] as? String)
        #expect(help.output.contains(name["kind"] as? String == "short" ? "-\(text)" : "--\(text)"))
      }
    }
    if command != "frame", command != "shell", command != "report" { #expect(help.output.contains("--json")) }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completions know every command, and the shell can read them`(shell: String) async throws {
    let run = try await ProgramRun.percuss("--generate-completion-script", shell)
    #expect(run.status == 0)
    for command in Self.commands { #expect(run.output.contains(command)) }
    #expect(run.output.contains("virtual-time"))
    guard shell == "bash" else { return }
    let folder = try TemporaryFolder()
    let file = try folder.write(run.output, to: "percuss.bash")
    let read = try await ProgramRun.shell("bash -n \(file)")
    #expect(read.status == 0, "\(read)")
  }
}
