import PercussBlueZ
import PercussDBus
import PercussGATT
import PercussLink
import PercussTime

@testable import PercussSimulator

/// A conversation with the daemon's decisions: what is said to it, and what it answers, does and signals, each as one line.
struct DaemonConversation {
  var daemon: BluetoothDaemon
  var now = MonotonicInstant.zero
  /// The members of the calls so far, by their number.
  private var members: [CallID: String] = [:]
  /// The requests and sockets that the daemon has asked for, in order.
  var operations: [OperationID] = []
  var channels: [ChannelID] = []
  var questions: [AgentCallID] = []

  static let address = BluetoothAddress(rawValue: 0xC82E_470A_1102)
  static let other = BluetoothAddress(rawValue: 0xC82E_470A_1103)
  static let key = DeviceKey(adapter: "hci0", address: address)
  static let feature: UInt16 = 0x000b
  static let controlPoint: UInt16 = 0x000d
  static let telemetry: UInt16 = 0x0010
  static let routineData: UInt16 = 0x0016
  static let batteryLevel: UInt16 = 0x0028
  static let profile = RemoteProfile(
    services: Profile.percuss.services, maximumTransmissionUnit: 247, name: "Percuss Elite")
  /// Less to read: one service, nothing that bluetoothd uses itself.
  static let small = RemoteProfile(
    services: [ServiceDescription.percuss], maximumTransmissionUnit: 247, name: "Percuss Elite")

  init(_ quirks: EmulationQuirks = EmulationQuirks(), adapters: [EmulatedAdapter] = [EmulatedAdapter()]) {
    daemon = BluetoothDaemon(adapters: adapters, quirks: quirks)
    _ = daemon.begin(at: now)
  }

  // MARK: Saying

  mutating func say(_ input: DaemonInput) -> [String] { lines(daemon.handle(input, at: now)) }

  mutating func call(
    _ member: String, _ object: DaemonObject, _ arguments: [DBusValue] = [], interface: String? = nil,
    from sender: String = ":1.1"
  ) -> [String] {
    let id = CallID(rawValue: members.count + 1)
    members[id] = member
    let interface = interface ?? daemon.interfaces(of: object).first ?? ""
    let call = DaemonCall(
      id: id, sender: sender, object: object, interface: interface, member: member, arguments: arguments)
    return say(.call(call))
  }

  mutating func adapter(_ member: String, _ arguments: [DBusValue] = [], from sender: String = ":1.1") -> [String] {
    call(member, .adapter("hci0"), arguments, interface: "org.bluez.Adapter1", from: sender)
  }

  mutating func device(_ member: String, from sender: String = ":1.1") -> [String] {
    call(member, .device(Self.key), interface: "org.bluez.Device1", from: sender)
  }

  mutating func characteristic(
    _ handle: UInt16, _ member: String, _ arguments: [DBusValue] = [], from sender: String = ":1.1"
  ) -> [String] {
    call(
      member, .characteristic(Self.key, handle), arguments, interface: "org.bluez.GattCharacteristic1", from: sender)
  }

  mutating func read(_ handle: UInt16, offset: UInt16? = nil, from sender: String = ":1.1") -> [String] {
    characteristic(handle, "ReadValue", [.properties(offset.map { ["offset": .uint16($0)] } ?? [:])], from: sender)
  }

  mutating func write(
    _ handle: UInt16, _ value: [UInt8], type: String? = nil, from sender: String = ":1.1"
  ) -> [String] {
    characteristic(
      handle, "WriteValue", [.bytes(value), .properties(type.map { ["type": .string($0)] } ?? [:])], from: sender)
  }

  mutating func answer(_ result: Result<[UInt8], ATTError> = .success([])) -> [String] {
    guard let operation = operations.popLast() else { return ["no request is on its way"] }
    return say(.air(.answered(Self.key, operation, result)))
  }

  mutating func wait(_ duration: Duration) -> [String] {
    now += duration
    return say(.tick)
  }

  mutating func hear(
    _ address: BluetoothAddress = address, strength: Int8 = -60,
    _ change: (inout AirAdvertisement) -> Void = { _ in }
  ) -> [String] {
    var advertisement = AirAdvertisement(address: address, name: "Percuss Elite", services: [.percussService])
    change(&advertisement)
    return say(.air(.heard(adapter: "hci0", AirReport(advertisement: advertisement, signalStrength: strength))))
  }

  /// Sets a property; what comes before `set` is told before the caller has his answer.
  mutating func set(_ name: String, _ value: DBusValue, _ object: DaemonObject) -> [String] {
    let interface = daemon.interfaces(of: object).first ?? ""
    let (error, actions) = daemon.setProperty(name, of: interface, object, to: value, at: now)
    return lines(actions) + (error.map { ["refused \($0.name)"] } ?? [])
  }

  mutating func lines(_ body: (inout BluetoothDaemon, MonotonicInstant) -> [DaemonAction]) -> [String] {
    lines(body(&daemon, now))
  }

  // MARK: Getting somewhere

  /// Found by a scan that has ended.
  mutating func discover() {
    _ = adapter("StartDiscovery")
    _ = hear()
    _ = adapter("StopDiscovery")
  }

  /// Connected, services resolved, all answered.
  mutating func connect(_ profile: RemoteProfile = small) {
    if daemon.device(Self.key) == nil { discover() }
    _ = device("Connect")
    _ = say(.air(.linkMade(Self.key, profile)))
    _ = say(.tick)
  }

  mutating func loseLink(_ reason: DisconnectReason = .supervisionTimeout) -> [String] {
    operations = []
    return say(.air(.linkEnded(Self.key, reason)))
  }

  // MARK: Reading what it does

  private mutating func lines(_ actions: [DaemonAction]) -> [String] { actions.compactMap { line($0) } }

  /// Nil for what is exported and unexported, which the signals tell too.
  private mutating func line(_ action: DaemonAction) -> String? {
    switch action {
    case .reply(let id, let values): return (["reply \(name(id))"] + values.map(Self.text)).joined(separator: " ")
    case .fail(let id, let error):
      return "error \(name(id)): \(error.name.replacing("org.bluez.Error.", with: "")) “\(error.message)”"
    case .replyWithChannel(let id, let channel, let direction, let unit):
      channels.append(channel)
      return "reply \(name(id)) socket for \(direction) \(unit)"
    case .abandon(let id): return "never answered \(name(id))"
    case .signal(let signal): return Self.line(signal)
    case .export, .unexport: return nil
    case .askAgent(let question, let call):
      questions.append(question)
      return "ask \(call.destination ?? "") \(call.member) \(call.arguments.map(Self.text).joined(separator: " "))"
    case .tellAgent(let call): return "tell \(call.destination ?? "") \(call.member)"
    case .closeChannel: return "close socket"
    case .send(_, let packet): return "send \(Self.text(.bytes(packet)))"
    case .acceptProperty: return "set"
    case .scan(let adapter, let isOn): return "air: scan \(adapter) \(isOn ? "on" : "off")"
    case .connect: return "air: connect"
    case .cancelConnect: return "air: cancel"
    case .disconnect: return "air: disconnect"
    case .dropLink: return "air: drop"
    case .request(_, let id, let operation):
      operations.append(id)
      return "air: \(Self.text(operation))"
    case .command(_, let uuid, let value): return "air: command \(Self.name(uuid)) \(Self.text(.bytes(value)))"
    case .beginPairing: return "air: pair"
    case .tellPeer(_, let message): return "peer: \(message)"
    case .encrypt: return "air: encrypt"
    }
  }

  private func name(_ id: CallID) -> String { members[id] ?? "\(id.rawValue)" }

  private static func line(_ signal: Signal) -> String {
    let arguments = signal.arguments
    switch signal.member {
    case "PropertiesChanged" where arguments.count == 3:
      let changed = (arguments[1].entries ?? []).map { "\(text($0.key))=\(text($0.value))" }
      let invalidated = (arguments[2].strings ?? []).map { "\($0) gone" }
      return "\(signal.path.lastElement): " + (changed + invalidated).joined(separator: " ")
    case "InterfacesAdded" where arguments.count == 2:
      return "added \(last(arguments[0])) "
        + interfaces((arguments[1].entries ?? []).map(\.key))
    case "InterfacesRemoved" where arguments.count == 2:
      return "removed \(last(arguments[0])) " + interfaces(arguments[1].elements ?? [])
    default:
      return "\(signal.path.lastElement): \(signal.member) \(arguments.map(text).joined(separator: " "))"
    }
  }

  private static func last(_ path: DBusValue) -> String { path.objectPath.map { String($0.lastElement) } ?? "?" }

  /// Without those that every object has.
  private static func interfaces(_ values: [DBusValue]) -> String {
    values.compactMap(\.string).filter { $0.hasPrefix("org.bluez.") }
      .map { $0.replacing("org.bluez.", with: "") }.joined(separator: " ")
  }

  private static func text(_ operation: AttributeOperation) -> String {
    switch operation {
    case .read(let uuid, let offset): "read \(name(uuid))" + (offset > 0 ? " from \(offset)" : "")
    case .readDescriptor(let id, let offset):
      "read \(id.uuid) of \(name(id.characteristic))" + (offset > 0 ? " from \(offset)" : "")
    case .writeDescriptor(let id, let value): "write \(id.uuid) of \(name(id.characteristic)) \(text(.bytes(value)))"
    case .write(let uuid, let value): "write \(name(uuid)) \(text(.bytes(value)))"
    case .longWrite(let uuid, let value): "long write \(name(uuid)) of \(value.count)"
    case .subscribe(let uuid): "subscribe \(name(uuid))"
    case .unsubscribe(let uuid): "unsubscribe \(name(uuid))"
    }
  }

  private static func name(_ uuid: BluetoothUUID) -> String { Profile.percuss.name(of: uuid) }

  private static func text(_ value: DBusValue) -> String {
    switch value {
    case .variant(let inner): text(inner)
    case .string(let text): text
    case .boolean(let flag): "\(flag)"
    case .objectPath(let path): String(path.lastElement)
    case .bytes(let bytes): bytes.isEmpty ? "-" : bytes.map { String($0, radix: 16) }.joined(separator: ".")
    case .int16(let number): "\(number)"
    case .uint16(let number): "\(number)"
    case .uint32(let number): "\(number)"
    case .byte(let number): "\(number)"
    case .array(let values, _): "[\(values.map(text).joined(separator: ","))]"
    default: "\(value)"
    }
  }
}
