import PercussCapture
import PercussDocument
import PercussGATT
import PercussWire

/// What of a capture is wanted.
struct CaptureFilter {
  var devices: [CapturedDevice] = []
  /// Names or UUIDs, in small letters.
  var characteristics: [String] = []
  var kinds: Set<String> = []
  /// Nanoseconds since the first record.
  var from = Int64.min
  var to = Int64.max
  var showsAll = false

  /// Whether it asks for certain values, so that what happens to connections is not wanted.
  var choosesValues: Bool { !characteristics.isEmpty || !kinds.isEmpty }

  /// Whether a connection is wanted.
  ///
  /// - Parameter own: the address of the recording adapter.
  func takes(_ connection: CapturedConnection, own: CapturedAddress?) -> Bool {
    devices.isEmpty
      || devices.contains { device in
        switch device {
        case .connection(let number): connection.number == number
        case .address(let text): connection.peer?.description == text || own?.description == text
        }
      }
  }

  /// Whether a value or PDU may be wanted, as far as can be told before its frame is described, which takes longer than all else.
  func mayTake(_ event: AttributeEvent) -> Bool {
    if !characteristics.isEmpty {
      guard let attribute = event.attribute else { return false }
      let uuid = attribute.characteristic
      let names = [AttributeName.of(uuid).lowercased(), uuid.description.lowercased(), uuid.fullText]
      guard characteristics.contains(where: names.contains) else { return false }
    }
    return asksForFrames || takes(event, nil)
  }

  /// Whether a kind is that of a frame.
  private var asksForFrames: Bool { !kinds.isSubset(of: Self.operationKinds) }

  /// Whether a value or PDU is wanted that ``mayTake(_:)`` has let pass.
  func takes(_ event: AttributeEvent, _ frame: FrameDescription?) -> Bool {
    guard kinds.isEmpty else { return takesKind(event, frame) }
    if showsAll || event.carriesValue { return true }
    // A discovery ends when there is nothing more to find.
    return event.error != nil && event.request?.operation.groups.contains("discovery") != true
  }

  private func takesKind(_ event: AttributeEvent, _ frame: FrameDescription?) -> Bool {
    let operation = event.operation
    let groups = event.isDiscovery ? ["discovery"] : operation.groups
    if kinds.contains(operation.name) || groups.contains(where: kinds.contains) { return true }
    guard let frame else { return false }
    return kinds.contains(frame.message.name) || kinds.contains(frame.name)
      || frame.variant.map { kinds.contains($0.name) } == true
  }

  /// Why a text is no characteristic; nil when it is the name of one, or a UUID.
  static func mistake(inCharacteristic text: String) -> String? {
    let known = AttributeName.all
    if BluetoothUUID(text) != nil || known.contains(where: { $0.lowercased() == text.lowercased() }) { return nil }
    let guess = Spelling.nearest(to: text, among: known).map { "; did you mean \($0)?" } ?? "."
    return
      "There is no characteristic '\(text)'\(guess) Known by name are \(known.joined(separator: ", ")); any other by its UUID."
  }

  /// The kinds that are operations, or several of them.
  private static let operationKinds: Set<String> = {
    let operations = (0...0x101).map { ATTOperation(rawValue: $0) }
    return Set(operations.map(\.name).filter { !$0.hasPrefix("opcode_") } + operations.flatMap(\.groups))
  }()

  /// Why a text is no kind; nil when it is one.
  static func mistake(inKind text: String) -> String? {
    var known = operationKinds
    for message in WireSchema.specifications.flatMap(\.messages) {
      known.insert(message.name)
      for variant in message.variants { known.formUnion([variant.name, "\(message.name).\(variant.name)"]) }
    }
    if known.contains(text) { return nil }
    let guess = Spelling.nearest(to: text, among: known.sorted()).map { "; did you mean \($0)?" } ?? "."
    return "There is no kind '\(text)'\(guess)"
  }
}

extension ATTOperation {
  /// The words for several operations.
  var groups: [String] {
    switch self {
    case .readResponse, .readBlobResponse, .readMultipleResponse, .readMultipleVariableResponse, .readByTypeResponse,
      .longReadValue:
      ["read", "response"]
    case .writeRequest, .writeCommand, .signedWriteCommand, .prepareWriteRequest, .preparedValue: ["write"]
    case .multipleNotification: ["notification"]
    case .writeResponse, .prepareWriteResponse, .executeWriteResponse, .confirmation: ["response"]
    case .errorResponse: ["error", "response"]
    case .findInformationRequest, .findInformationResponse, .findByTypeValueRequest, .findByTypeValueResponse,
      .readByTypeRequest, .readByGroupTypeRequest, .readByGroupTypeResponse:
      ["discovery"]
    default: []
    }
  }
}

/// What people call attributes.
enum AttributeName {
  /// The name of a characteristic, service or descriptor; its UUID where it has none here.
  static func of(_ uuid: BluetoothUUID) -> String {
    if let known = Profile.percuss[uuid] { return known.name }
    return uuid.assignedNumber.flatMap { names[$0] } ?? uuid.description
  }

  /// The text of a UUID; those of Percuss, which most values have, are made once.
  static func fullText(of uuid: BluetoothUUID) -> String { fullTexts[uuid] ?? uuid.fullText }

  /// The text of the UUID that a message's characteristic has.
  static func fullText(of message: WireSchema.Message) -> String {
    fullText(of: BluetoothUUID(percuss: message.characteristic.number))
  }

  private static let fullTexts = Dictionary(
    Profile.percuss.services.flatMap(\.characteristics).map { ($0.uuid, $0.uuid.fullText) },
    uniquingKeysWith: { first, _ in first })

  /// The names that there are, in the order of the alphabet.
  static var all: [String] {
    Set(Profile.percuss.services.flatMap(\.characteristics).map(\.name) + names.values).sorted()
  }

  private static let names: [UInt16: String] = [
    0x2800: "Primary Service", 0x2801: "Secondary Service", 0x2802: "Include", 0x2803: "Characteristic",
    0x2900: "Extended Properties", 0x2901: "User Description", 0x2902: "Client Configuration",
    0x2903: "Server Configuration", 0x2904: "Presentation Format", 0x2A00: "Device Name", 0x2A01: "Appearance",
    0x2A04: "Preferred Connection Parameters", 0x2A05: "Service Changed", 0x2AA6: "Central Address Resolution",
    0x2B29: "Client Supported Features", 0x2B2A: "Database Hash", 0x2B3A: "Server Supported Features",
  ]
}
