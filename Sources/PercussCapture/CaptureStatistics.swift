public import PercussGATT
public import PercussTime
import PercussWire

/// Counts what a ``CaptureDecoder`` finds: rates, latencies and losses of every connection.
///
/// It keeps the first ``connectionLimit`` connections, and of each ``characteristicLimit`` kinds of values.
public struct CaptureStatistics: CaptureObserver {
  /// The most connections that are counted one by one.
  public static let connectionLimit = 512
  /// The most kinds of values that are counted one by one.
  public static let characteristicLimit = 128

  /// The connections in the order of their numbers.
  public private(set) var connections: [ConnectionStatistics] = []
  /// How many connections there were beyond the limit.
  public private(set) var uncountedConnections = 0
  /// What was wrong or missing anywhere.
  public private(set) var problemCount = 0
  /// Adapters' own addresses.
  public private(set) var addresses: [UInt16: CapturedAddress] = [:]

  /// Nothing counted.
  public init() {}

  /// Counts a PDU and its value.
  public mutating func attribute(_ event: AttributeEvent, value: RawSpan) {
    guard event.connection > 0, event.connection <= connections.count else { return }
    connections[event.connection - 1].count(event, value)
  }

  /// Takes note of a connection.
  public mutating func connection(_ event: ConnectionEvent) {
    let number = event.connection.number
    if number == connections.count + 1, number <= Self.connectionLimit {
      connections.append(ConnectionStatistics(event))
    }
    guard number <= connections.count else {
      switch event.kind {
      case .connected, .found: uncountedConnections += 1
      default: break
      }
      return
    }
    connections[number - 1].take(event)
  }

  /// Takes note of an adapter's address.
  public mutating func controller(_ event: ControllerEvent) {
    if case .address(let address) = event.kind { addresses[event.controller] = address }
  }

  /// Counts a problem.
  public mutating func problem(_ problem: CaptureProblem) {
    problemCount += 1
    guard let number = problem.connection, number > 0, number <= connections.count else { return }
    connections[number - 1].problemCount += 1
    if case .unanswered = problem.reason { connections[number - 1].unansweredCount += 1 }
  }
}

/// What was counted on one connection.
public struct ConnectionStatistics: Sendable {
  /// The connection.
  public let connection: CapturedConnection
  /// When it began, or was first seen.
  public let first: CaptureInstant
  /// When it ended, or was last seen.
  public internal(set) var last: CaptureInstant
  /// Whether the capture shows its beginning.
  public let hasBeginning: Bool
  /// Whether the capture shows its end.
  public internal(set) var hasEnd = false
  /// The newest parameters of the radio.
  public internal(set) var parameters: CapturedParameters?
  /// ATT_MTU of the fixed channel.
  public internal(set) var mtu: UInt16 = 23
  /// Whether the capture shows that: it begins before the connection, or before the agreement.
  public internal(set) var isMTUKnown: Bool
  /// The values of each characteristic and operation.
  public internal(set) var values: [ValueKind: ValueCount] = [:]
  /// Times from requests and indications to their answers.
  public internal(set) var latencies: [ATTOperation: LatenessHistogram] = [:]
  /// Times from control requests to their responses, whose sequence number is the same.
  public internal(set) var controlLatency: LatenessHistogram?
  /// Control requests.
  public internal(set) var controlRequestCount = 0
  /// Control requests with a sequence number that had been used: asked again.
  public internal(set) var retryCount = 0
  /// Telemetry values.
  public internal(set) var telemetryCount = 0
  /// Places where the counter of the telemetry leaves out numbers.
  public internal(set) var telemetryGapCount = 0
  /// The numbers that it leaves out there.
  public internal(set) var telemetryLossCount = 0
  /// How late steps began by the device's clock, as its `step_entered` events tell; nil where there are none.
  public internal(set) var stepLateness: LatenessHistogram?
  /// The first ``stepLimit`` of these steps.
  public internal(set) var steps: [EnteredStep] = []
  /// Values that are not the frames that their characteristic carries.
  public internal(set) var refusalCount = 0
  /// Error responses.
  public internal(set) var errorCount = 0
  /// Requests and indications that got no answer.
  public internal(set) var unansweredCount = 0
  /// All that was wrong or missing, what got no answer included.
  public internal(set) var problemCount = 0

  /// The most steps that are kept one by one.
  public static let stepLimit = 1 << 14

  /// A step that a device told of.
  public struct EnteredStep: Equatable, Sendable {
    /// When it should have begun, by the device's clock, in microseconds.
    public var plannedMicroseconds: UInt64
    /// How much later it began; negative when early.
    public var lateMicroseconds: Int64
  }

  private var sequence: UInt8?
  private var telemetryCounter: UInt8?
  /// When the request of each sequence number was first sent; empty before the first.
  private var requestTimes: [CaptureInstant?] = []

  /// What values are counted by.
  public struct ValueKind: Hashable, Sendable {
    /// The characteristic; nil for a handle that is not known.
    public var characteristic: BluetoothUUID?
    /// The handle.
    public var handle: UInt16
    /// What was done.
    public var operation: ATTOperation
    /// Which way the values went.
    public var direction: CaptureDirection

    /// A kind of values.
    public init(
      characteristic: BluetoothUUID?, handle: UInt16, operation: ATTOperation, direction: CaptureDirection
    ) {
      self.characteristic = characteristic
      self.handle = handle
      self.operation = operation
      self.direction = direction
    }
  }

  /// Values of one kind.
  public struct ValueCount: Sendable {
    /// How many.
    public var count = 0
    /// The bytes of all of them.
    public var bytes = 0
    /// When the first was recorded.
    public var first: CaptureInstant
    /// When the last was recorded.
    public var last: CaptureInstant

    /// Values a second between the first and the last; nil for fewer than two.
    public var rate: Double? {
      let span = last.nanoseconds(since: first)
      return count < 2 || span <= 0 ? nil : Double(count - 1) * 1e9 / Double(span)
    }
  }

  init(_ event: ConnectionEvent) {
    connection = event.connection
    first = event.time
    last = event.time
    hasBeginning = event.kind != .found
    isMTUKnown = hasBeginning
  }

  mutating func take(_ event: ConnectionEvent) {
    last = event.time
    switch event.kind {
    case .connected(let parameters), .parameters(let parameters): self.parameters = parameters
    case .disconnected: hasEnd = true
    case .mtu(_, _, let agreed):
      mtu = agreed
      isMTUKnown = true
    default: break
    }
  }

  mutating func count(_ event: AttributeEvent, _ value: RawSpan) {
    last = event.time
    if event.error != nil { errorCount += 1 }
    if let request = event.request {
      latencies[request.operation, default: LatenessHistogram()].record(nanoseconds: request.latency)
    }
    guard event.carriesValue else { return }
    // What several PDUs carried was counted with them.
    if !event.operation.isJoined { countValue(event, value.byteCount) }
    do throws(WireError) {
      switch try event.frame(of: value) {
      case .request(let request): count(request, event.time)
      case .response(let response): count(response, event.time)
      case .telemetry(let telemetry): count(telemetry)
      case .event(let event): count(event)
      default: break
      }
    } catch {
      refusalCount += 1
    }
  }

  private mutating func countValue(_ event: AttributeEvent, _ length: Int) {
    let kind = ValueKind(
      characteristic: event.attribute?.characteristic, handle: event.handle, operation: event.operation,
      direction: event.direction)
    guard values.count < CaptureStatistics.characteristicLimit || values[kind] != nil else { return }
    let time = event.time
    values[kind, default: ValueCount(first: time, last: time)].add(length, time)
  }

  private mutating func count(_ request: ControlRequest, _ time: CaptureInstant) {
    controlRequestCount += 1
    if requestTimes.isEmpty { requestTimes = Array(repeating: nil, count: 256) }
    // Numbers go up by one and wrap, so one that is not ahead of the newest has been used.
    if let sequence, !(1...127).contains(request.sequence &- sequence) {
      retryCount += 1
      return
    }
    sequence = request.sequence
    requestTimes[Int(request.sequence)] = time
  }

  private mutating func count(_ response: ControlResponse, _ time: CaptureInstant) {
    guard !requestTimes.isEmpty, let sent = requestTimes[Int(response.sequence)] else { return }
    requestTimes[Int(response.sequence)] = nil
    var latency = controlLatency ?? LatenessHistogram()
    controlLatency = nil
    latency.record(nanoseconds: time.nanoseconds(since: sent))
    controlLatency = latency
  }

  private mutating func count(_ event: DeviceEvent) {
    guard case .stepEntered(_, let planned, let actual) = event.body else { return }
    // Any numbers may stand there; a difference beyond 63 bits is none.
    let late =
      actual >= planned ? Int64(clamping: actual &- planned) : 0 &- Int64(clamping: planned &- actual)
    let (nanoseconds, overflow) = late.multipliedReportingOverflow(by: 1000)
    var lateness = stepLateness ?? LatenessHistogram()
    stepLateness = nil
    lateness.record(nanoseconds: overflow ? (late < 0 ? .min : .max) : nanoseconds)
    stepLateness = lateness
    if steps.count < Self.stepLimit { steps.append(EnteredStep(plannedMicroseconds: planned, lateMicroseconds: late)) }
  }

  private mutating func count(_ telemetry: Telemetry) {
    telemetryCount += 1
    if let telemetryCounter {
      let missed = Int(telemetry.counter &- telemetryCounter &- 1)
      if missed > 0 { telemetryGapCount += 1 }
      telemetryLossCount += missed
    }
    telemetryCounter = telemetry.counter
  }
}

extension ConnectionStatistics.ValueCount {
  fileprivate mutating func add(_ length: Int, _ time: CaptureInstant) {
    count += 1
    bytes += length
    last = time
  }
}
