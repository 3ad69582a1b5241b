import PercussBlueZ
import PercussSimulator
import Testing

/// Our client against every switchable behaviour of bluetoothd: every operation ends within its bound, in success or with an error that says what to do.
@Suite(.serialized) struct QuirkTests {
  /// A new switch fails this until it has its case.
  @Test(arguments: QuirkSwitch.all.map(\.name))
  func `every switch has a case for every value`(_ name: String) throws {
    let usual = try #require(EmulationQuirks().text(of: name))
    let tried = Set(QuirkCase.table.compactMap { $0.settings[name] })
    let takesFlag = usual == "true" || usual == "false"
    let isChoice = !takesFlag && usual.allSatisfy(\.isLetter)
    let values = try #require(QuirkSwitch.all.first { $0.name == name }?.values)
    let needed: Set<String> =
      takesFlag
      ? [usual == "true" ? "false" : "true"]
      : isChoice ? Set(values.split(separator: ", ").map(String.init)).subtracting([usual]) : []
    #expect(tried.isSuperset(of: needed), "no case sets \(name) to \(needed.subtracting(tried))")
    #expect(!tried.subtracting([usual]).isEmpty, "no case sets \(name)")
    // What is no value of a switch would be tried in vain.
    for value in tried {
      var quirks = EmulationQuirks()
      try quirks.set(name, to: value)
    }
  }

  @Test(arguments: QuirkCase.ordinary) func `lives through`(_ quirk: QuirkCase) async throws { try await quirk.run() }
}

/// The same in circumstances of their own.
@Suite(.serialized) struct StagedQuirkTests {
  @Test(arguments: QuirkCase.staged) func `lives through`(_ quirk: QuirkCase) async throws { try await quirk.run() }
}

/// The same, several at a time.
@Suite(.serialized) struct QuirkCombinationTests {
  @Test(arguments: QuirkCase.combinations + (1...6).map { QuirkCase.drawn(seed: $0) })
  func `lives through`(_ quirk: QuirkCase) async throws { try await quirk.run() }

  @Test func `lives through the waits of the real one`() async throws {
    try await EmulationBench.run(.withRealDelays) { bench in
      let central = try await bench.central()
      try await QuirkCase.playTwice(ClientConversation(bench: bench, central: central))
      await central.close()
    }
  }
}

extension QuirkCase {
  fileprivate func run() async throws {
    try await EmulationBench.run(quirks()) { bench in
      let central = try await bench.central()
      try await play(ClientConversation(bench: bench, central: central))
      await central.close()
    }
  }
}
