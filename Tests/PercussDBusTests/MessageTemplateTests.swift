import PercussDBus
import PercussTime
import Testing

/// Messages that are copies of those before them.
@Suite(.timeLimit(.minutes(1))) struct MessageTemplateTests {
  @Test func `texts that only look the same are sent as they are`() async throws {
    let bench = try Bench()
    let server = try await bench.serve(TestObject())
    let client = try await bench.connect()
    let texts = ["\u{E9}", "\u{E9}", "e\u{301}", "a\u{323}\u{307}", "a\u{323}\u{307}", "a\u{307}\u{323}"]
    let kinds: [(String) -> DBusValue] = [
      { .string($0) }, { .dictionary([.init(.string($0), .byte(1))], key: .string, value: Signature(literal: "y")) },
    ]
    for value in kinds {
      for text in texts {
        let answer = try #require(try await client.call(.ofObject("Echo", [.variant(value(text))])).first?.content)
        let received = answer.string ?? answer.entries?.first?.key.string ?? ""
        #expect(Array(received.utf8) == Array(text.utf8))
      }
    }
    await client.close()
    await server.close()
  }
}
