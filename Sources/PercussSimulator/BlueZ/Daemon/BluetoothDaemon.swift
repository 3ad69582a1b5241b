internal import PercussBlueZ
internal import PercussDBus
internal import PercussGATT
internal import PercussTime

/// What bluetoothd decides, without bus and without radio: calls and what happens on the air go in, answers, signals and what is to be done on the
/// air come out, in order.
///
/// ```swift
/// var daemon = BluetoothDaemon(adapters: [EmulatedAdapter()], quirks: EmulationQuirks())
/// daemon.handle(.call(startDiscovery), at: now)       // [.reply(...), .scan(adapter: "hci0", isOn: true), .signal(Discovering)]
/// daemon.handle(.air(.heard(adapter: "hci0", report)), at: now)
/// daemon.nextDeadline                                 // when it wants a `.tick`
/// ```
///
/// It follows bluetoothd 5.66, whose order of signals and replies it has, and whose locks and errors. What other versions do is in ``EmulationQuirks``.
struct BluetoothDaemon {
  var quirks: EmulationQuirks
  var adapters: [AdapterState] = []
  var agents = Agents()
  var pending = PendingSignals()
  var timers: [DaemonTimer: MonotonicInstant] = [:]
  var now = MonotonicInstant.zero
  var channels: [ChannelID: ChannelOwner] = [:]
  /// Interfaces that others add to adapters, as those of the peripheral role, by the adapter's name.
  var addedInterfaces: [String: [AddedInterface]] = [:]

  private(set) var actions: [DaemonAction] = []
  private var numberCount = 0
  private var agentCalls: [AgentCallID: DeviceKey] = [:]

  /// Between two reports of one device, in milliseconds: a controller filters duplicates until the scan is restarted.
  static let reportInterval: Duration = .milliseconds(500)

  /// An interface of an adapter that is served elsewhere, with its properties as they are now.
  struct AddedInterface: Sendable {
    var name: String
    var properties: [NamedProperty]
  }

  struct ChannelOwner: Sendable {
    var device: DeviceKey
    var characteristic: UInt16
    var direction: ChannelDirection
  }

  init(adapters: [EmulatedAdapter], quirks: EmulationQuirks) {
    self.quirks = quirks
    self.adapters = adapters.map { AdapterState($0) }
  }

  // MARK: In and out

  /// Takes what has happened, and tells what to do about it.
  mutating func handle(_ input: DaemonInput, at instant: MonotonicInstant) -> [DaemonAction] {
    now = max(now, instant)
    runTimers()
    switch input {
    case .call(let call): handle(call)
    case .senderVanished(let sender): forget(sender)
    case .air(let event): handle(event)
    case .channelClosed(let channel): channelClosed(channel)
    case .channelReceived(let channel, let packet): channelReceived(channel, packet)
    case .agentAnswered(let question, let answer):
      if let key = agentCalls.removeValue(forKey: question) { agentAnswered(question, answer, for: key) }
    case .tick: break
    }
    return takeActions()
  }

  /// Everything there is is told of, as when bluetoothd has started.
  mutating func begin(at instant: MonotonicInstant) -> [DaemonAction] {
    now = instant
    emit(.export(.daemon, DaemonObject.daemonPath))
    for adapter in adapters { announce(adapter) }
    return takeActions()
  }

  /// What is pending goes out when the loop has nothing else to do.
  mutating func takeActions() -> [DaemonAction] {
    flush(isIdle: true)
    let taken = actions
    actions.removeAll(keepingCapacity: true)
    return taken
  }

  mutating func emit(_ action: DaemonAction) { actions.append(action) }

  /// Before any answer all that is pending is signalled.
  mutating func reply(_ call: CallID, _ values: [DBusValue] = []) {
    flush(isIdle: false)
    emit(.reply(call, values))
  }

  mutating func fail(_ call: CallID, _ error: DBusErrorReply) {
    flush(isIdle: false)
    emit(.fail(call, error))
  }

  /// Answers with success, or with the error.
  mutating func answer(_ call: CallID, _ error: DBusErrorReply?) {
    if let error { fail(call, error) } else { reply(call) }
  }

  mutating func nextNumber() -> Int {
    numberCount += 1
    return numberCount
  }

  mutating func askAgent(_ agent: Agent, _ member: String, _ arguments: [DBusValue], for key: DeviceKey) -> AgentCallID
  {
    let question = AgentCallID(rawValue: nextNumber())
    agentCalls[question] = key
    let call = MethodCall(
      destination: agent.sender, path: agent.path, interface: "org.bluez.Agent1", member: member, arguments: arguments)
    emit(.askAgent(question, call))
    return question
  }

  mutating func forgetQuestion(_ question: AgentCallID) { agentCalls[question] = nil }

  // MARK: Finding

  func adapterIndex(_ name: String) -> Int? { adapters.firstIndex { $0.name == name } }

  func adapter(_ name: String) -> AdapterState? { adapters.first { $0.name == name } }

  func device(_ key: DeviceKey) -> RemoteDevice? { adapter(key.adapter)?.devices[key.address] }

  /// Works on a device in place; nil when there is none.
  @discardableResult
  mutating func withDevice<R>(_ key: DeviceKey, _ body: (inout RemoteDevice) -> R) -> R? {
    guard let index = adapterIndex(key.adapter) else { return nil }
    return adapters[index].devices[key.address]?.apply(body)
  }

  /// Works on a characteristic in place; nil when there is none.
  @discardableResult
  mutating func withCharacteristic<R>(
    _ key: DeviceKey, _ handle: UInt16, _ body: (inout RemoteCharacteristic) -> R
  ) -> R? {
    withDevice(key) { $0.withCharacteristic(handle, body) } ?? nil
  }

  func characteristic(_ key: DeviceKey, _ handle: UInt16) -> RemoteCharacteristic? {
    guard let device = device(key), let index = device.index(ofCharacteristic: handle) else { return nil }
    return device.characteristics[index]
  }

  // MARK: Calls

  private mutating func handle(_ call: DaemonCall) {
    switch call.object {
    case .daemon: callDaemon(call)
    case .adapter(let name):
      guard let index = adapterIndex(name) else { return fail(call.id, .unknownObject(call)) }
      callAdapter(call, index)
    case .device(let key):
      guard device(key) != nil else { return fail(call.id, .unknownObject(call)) }
      callDevice(call, key)
    case .characteristic(let key, let handle):
      guard characteristic(key, handle) != nil else { return fail(call.id, .unknownObject(call)) }
      callCharacteristic(call, key, handle)
    case .descriptor(let key, let handle): callDescriptor(call, key, handle)
    case .service: fail(call.id, .unknownMethod(call))
    }
  }

  private mutating func callDaemon(_ call: DaemonCall) {
    let path = call.arguments.first?.objectPath ?? .root
    let hadDefault = agents.hasDefault
    switch (call.interface, call.member) {
    case ("org.bluez.AgentManager1", "RegisterAgent"):
      guard call.arguments.count == 2, let text = call.arguments[1].string,
        let capability = Agent.Capability(text: text)
      else { return fail(call.id, .invalidArguments) }
      let agent = Agent(sender: call.sender, path: path, capability: capability)
      answer(call.id, agents.register(agent))
    case ("org.bluez.AgentManager1", "RequestDefaultAgent"):
      answer(call.id, agents.makeDefault(sender: call.sender, path: path))
    case ("org.bluez.AgentManager1", "UnregisterAgent"):
      answer(call.id, agents.unregister(sender: call.sender, path: path))
    case ("org.bluez.ProfileManager1", _): fail(call.id, .notSupported)
    default: fail(call.id, .unknownMethod(call))
    }
    if agents.hasDefault != hadDefault { setPairable(agents.hasDefault) }
  }

  /// With an agent adapters are pairable, without one they are not.
  private mutating func setPairable(_ isPairable: Bool) {
    for index in adapters.indices where adapters[index].isPairable != isPairable {
      adapters[index].isPairable = isPairable
      pending.change("Pairable", of: "org.bluez.Adapter1", .adapter(adapters[index].name))
    }
  }

  /// A connection to the bus has ended: its sessions, filters, locks and agents end with it. Links stay.
  private mutating func forget(_ sender: String) {
    let hadDefault = agents.hasDefault
    agents.forget(sender)
    if agents.hasDefault != hadDefault { setPairable(agents.hasDefault) }
    for index in adapters.indices {
      forgetDiscovery(of: sender, index)
      for address in adapters[index].addresses {
        let key = DeviceKey(adapter: adapters[index].name, address: address)
        forgetNotifications(of: sender, key)
        forgetPairing(of: sender, key)
      }
    }
  }
}
