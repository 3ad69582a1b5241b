import PercussCapture
import PercussGATT
import PercussWire

// Captures as `--json` prints them; see `protocol-spec/output.md`.

/// An ATT value, or an ATT PDU without one; `JSONLine.text(_:)` writes it.
struct AttributeLine {
  let type: String
  let record: Int
  let timeUs: Int64
  let elapsedUs: Int64
  let fileOffset: UInt64
  let connection: Int
  let controller: UInt16
  let device: String?
  let direction: String
  let channel: UInt16
  let operation: String
  let handle: UInt16?
  let uuid: String?
  let characteristic: String?
  let characteristicUuid: String?
  let assumed: Bool?
  let offset: Int?
  let partial: Bool?
  let bytes: [UInt8]?
  let error: UInt8?
  let errorName: String?
  let requestRecord: Int?
  let latencyUs: Int64?
  let frame: FrameDescription?
  let refusal: FrameLine.Refusal?

  init(
    _ event: AttributeEvent, _ decoded: DecodedValue, _ connection: CapturedConnection, elapsed: Int64
  ) {
    let hasValue = event.carriesValue
    type = hasValue ? "att_value" : "att_pdu"
    record = event.record
    timeUs = event.time.microseconds
    elapsedUs = elapsed / 1000
    fileOffset = event.fileOffset
    self.connection = event.connection
    controller = connection.controller
    device = connection.peer?.description
    direction = event.direction.name
    channel = event.channel
    operation = event.operation.name
    handle = event.handle == 0 ? nil : event.handle
    uuid = event.attribute.map { AttributeName.fullText(of: $0.uuid) }
    characteristic = event.attribute.map { AttributeName.of($0.characteristic) }
    characteristicUuid = event.attribute.map { AttributeName.fullText(of: $0.characteristic) }
    assumed = event.attribute?.isAssumed == true ? true : nil
    offset = event.offset == 0 ? nil : event.offset
    partial = event.isWhole ? nil : true
    bytes = hasValue ? decoded.bytes : nil
    error = event.error?.rawValue
    errorName = event.error?.name
    requestRecord = event.request?.record
    latencyUs = event.request.map { $0.latency / 1000 }
    frame = decoded.frame
    refusal = decoded.refusal.map { error in
      let message = event.attribute?.format?.message(isFromClient: event.isFromClient)
      return FrameLine.Refusal(message: message?.name ?? "", error)
    }
  }
}

extension CaptureDirection {
  var name: String { self == .sent ? "sent" : "received" }
}

/// What happened to a connection.
struct ConnectionLine: Encodable {
  let type = "connection"
  let record: Int
  let timeUs: Int64
  let elapsedUs: Int64
  let connection: Int
  let controller: UInt16
  let handle: UInt16
  let device: String?
  let addressType: String?
  let role: String?
  let event: String
  var intervalUs: Int?
  var latency: UInt16?
  var timeoutMs: Int?
  var status: UInt8?
  var statusName: String?
  var encrypted: Bool?
  var mtu: UInt16?
  var clientMtu: UInt16?
  var serverMtu: UInt16?
  var channelSent: UInt16?
  var channelReceived: UInt16?
  var result: UInt16?

  init(_ event: ConnectionEvent, elapsed: Int64) {
    record = event.record
    timeUs = event.time.microseconds
    elapsedUs = elapsed / 1000
    connection = event.connection.number
    controller = event.connection.controller
    handle = event.connection.handle
    device = event.connection.peer?.description
    addressType = event.connection.peer.map { $0.isRandom ? "random" : "public" }
    role = event.connection.role.map { $0 == .central ? "central" : "peripheral" }
    switch event.kind {
    case .connected(let parameters):
      self.event = "connected"
      take(parameters)
    case .found: self.event = "found"
    case .disconnected(let reason):
      self.event = "disconnected"
      status = reason
    case .replaced: self.event = "replaced"
    case .parameters(let parameters):
      self.event = "parameters"
      take(parameters)
    case .parametersRefused(let status):
      self.event = "parameters_refused"
      self.status = status
    case .encryption(let isOn):
      self.event = "encryption"
      encrypted = isOn
    case .mtu(let client, let server, let agreed):
      self.event = "mtu"
      (mtu, clientMtu, serverMtu) = (agreed, client, server)
    case .channelOpened(let sent, let received, let mtu):
      self.event = "channel_opened"
      (channelSent, channelReceived, self.mtu) = (sent, received, mtu)
    case .channelRefused(let result):
      self.event = "channel_refused"
      self.result = result
    case .channelClosed(let sent, let received):
      self.event = "channel_closed"
      (channelSent, channelReceived) = (sent, received)
    }
    statusName = status.map { HCIStatus.text($0) }
  }

  private mutating func take(_ parameters: CapturedParameters) {
    intervalUs = parameters.intervalMicroseconds
    latency = parameters.latency
    timeoutMs = Int(parameters.timeout) * 10
  }
}

/// What happened to an adapter.
struct ControllerLine: Encodable {
  let type = "controller"
  let record: Int
  let timeUs: Int64
  let elapsedUs: Int64
  let controller: UInt16
  let event: String
  var address: String?
  var device: String?
  var status: UInt8?
  var statusName: String?

  init(_ event: ControllerEvent, elapsed: Int64) {
    record = event.record
    timeUs = event.time.microseconds
    elapsedUs = elapsed / 1000
    controller = event.controller
    switch event.kind {
    case .added: self.event = "added"
    case .removed: self.event = "removed"
    case .reset: self.event = "reset"
    case .address(let address):
      self.event = "address"
      self.address = address.description
    case .connectionFailed(let peer, let status):
      self.event = "connection_failed"
      device = peer?.description
      self.status = status
      statusName = HCIStatus.text(status)
    }
  }
}

/// Something that is wrong or missing.
struct ProblemLine: Encodable {
  let type = "problem"
  let record: Int
  let timeUs: Int64
  let elapsedUs: Int64
  let fileOffset: UInt64
  let connection: Int?
  let message: String

  init(_ problem: CaptureProblem, elapsed: Int64) {
    record = problem.record
    timeUs = problem.time.microseconds
    elapsedUs = elapsed / 1000
    fileOffset = problem.fileOffset
    connection = problem.connection
    message = "\(problem.reason)"
  }
}
