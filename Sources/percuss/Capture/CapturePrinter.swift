import PercussCapture
import PercussWire

/// Prints a capture as it is decoded, as text or as JSON lines.
struct CapturePrinter: CaptureObserver {
  enum Form {
    case text(Terminal)
    case json
  }

  let filter: CaptureFilter
  let form: Form
  /// The capture is still being written: lines are printed at once.
  let isLive: Bool
  private var connections: [Int: CapturedConnection] = [:]
  private var addresses: [UInt16: CapturedAddress] = [:]
  /// When the first record was recorded.
  private var beginning: CaptureInstant?
  /// What follows is not wanted any more.
  private var isEnded = false
  private var pending = ""

  init(filter: CaptureFilter, form: Form, isLive: Bool) {
    self.filter = filter
    self.form = form
    self.isLive = isLive
  }

  /// Takes note of a record; false when it and what follows are not wanted any more.
  mutating func begins(_ record: CaptureRecord) -> Bool {
    if beginning == nil {
      beginning = record.time
      if case .text(let terminal) = form {
        print(terminal.styled("The capture begins at \(CaptureText.date(record.time)) UTC.", .dim))
      }
    }
    isEnded = isEnded || elapsed(record.time) > filter.to || !StandardOutput.isOpen
    return !isEnded
  }

  private func elapsed(_ time: CaptureInstant) -> Int64 { beginning.map { time.nanoseconds(since: $0) } ?? 0 }

  private func isInTime(_ time: CaptureInstant) -> Bool {
    !isEnded && elapsed(time) >= filter.from && elapsed(time) <= filter.to
  }

  private mutating func print(_ line: String) {
    pending += line
    pending += "\n"
    if isLive || pending.utf8.count > 1 << 16 { flush() }
  }

  /// Prints what has been gathered.
  mutating func flush() {
    guard !pending.isEmpty else { return }
    say(pending, terminator: "")
    pending = ""
  }

  mutating func attribute(_ event: AttributeEvent, value: RawSpan) {
    guard isInTime(event.time), let connection = connections[event.connection],
      filter.takes(connection, own: addresses[connection.controller]), filter.mayTake(event)
    else { return }
    let decoded = DecodedValue(event, value)
    guard filter.takes(event, decoded.frame) else { return }
    switch form {
    case .text(let terminal):
      let text = CaptureText(terminal: terminal)
      print(text.line(event, decoded, connection, elapsed: elapsed(event.time)))
    case .json:
      print(JSONLine.text(AttributeLine(event, decoded, connection, elapsed: elapsed(event.time))))
    }
  }

  mutating func connection(_ event: ConnectionEvent) {
    // Those that have ended are not asked for again.
    connections[event.connection.number] = event.connection
    switch event.kind {
    case .disconnected, .replaced: connections[event.connection.number] = nil
    default: break
    }
    guard !filter.choosesValues, isInTime(event.time),
      filter.takes(event.connection, own: addresses[event.connection.controller])
    else { return }
    switch form {
    case .text(let terminal): print(CaptureText(terminal: terminal).line(event, elapsed: elapsed(event.time)))
    case .json: print(JSONLine.text(ConnectionLine(event, elapsed: elapsed(event.time))))
    }
  }

  mutating func controller(_ event: ControllerEvent) {
    if case .address(let address) = event.kind { addresses[event.controller] = address }
    guard !filter.choosesValues, filter.devices.isEmpty, isInTime(event.time) else { return }
    switch form {
    case .text(let terminal): print(CaptureText(terminal: terminal).line(event, elapsed: elapsed(event.time)))
    case .json: print(JSONLine.text(ControllerLine(event, elapsed: elapsed(event.time))))
    }
  }

  mutating func problem(_ problem: CaptureProblem) {
    guard isInTime(problem.time) else { return }
    if let number = problem.connection, let connection = connections[number],
      !filter.takes(connection, own: addresses[connection.controller])
    {
      return
    }
    switch form {
    case .text(let terminal): print(CaptureText(terminal: terminal).line(problem, elapsed: elapsed(problem.time)))
    case .json: print(JSONLine.text(ProblemLine(problem, elapsed: elapsed(problem.time))))
    }
  }
}

/// A value with the frame that it is, for people and tools.
struct DecodedValue {
  let bytes: [UInt8]
  var frame: FrameDescription?
  /// Why it is not the frame that its characteristic carries.
  var refusal: WireError?

  init(_ event: AttributeEvent, _ value: RawSpan) {
    bytes = value.withUnsafeBytes { Array($0) }
    guard event.carriesValue, event.isWhole, let attribute = event.attribute, attribute.kind == .value,
      let format = attribute.format, let message = format.message(isFromClient: event.isFromClient)
    else { return }
    do throws(WireError) {
      frame = try FrameDescription(decoding: bytes, as: message)
    } catch {
      if format.isMeant(by: error) { refusal = error }
    }
  }
}
