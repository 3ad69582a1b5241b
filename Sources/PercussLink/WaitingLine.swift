/// Operations that wait for their turn, first come, first served, each with its caller.
struct WaitingLine<Item, Success: Sendable> {
  typealias Outcome = Result<Success, LinkError>

  struct Waiting {
    let item: Item
    let continuation: CheckedContinuation<Outcome, Never>
    fileprivate let number: Int

    func succeed(_ value: Success) { continuation.resume(returning: .success(value)) }
    func fail(_ error: LinkError) { continuation.resume(returning: .failure(error)) }
  }

  private var waiting: [Waiting] = []
  private var lastNumber = 0

  var count: Int { waiting.count }
  var isEmpty: Bool { waiting.isEmpty }
  var first: Item? { waiting.first?.item }

  /// Gives the number by which the operation can be taken out.
  @discardableResult
  mutating func append(_ item: Item, _ continuation: CheckedContinuation<Outcome, Never>) -> Int {
    lastNumber += 1
    waiting.append(Waiting(item: item, continuation: continuation, number: lastNumber))
    return lastNumber
  }

  mutating func popFirst() -> Waiting? {
    waiting.isEmpty ? nil : waiting.removeFirst()
  }

  /// Takes an operation out; nil when its turn has come already.
  mutating func remove(_ number: Int) -> Waiting? {
    waiting.firstIndex { $0.number == number }.map { waiting.remove(at: $0) }
  }
}
