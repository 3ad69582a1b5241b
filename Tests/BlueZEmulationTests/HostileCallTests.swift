import PercussBlueZ
import PercussDBus
import PercussGATT
import PercussLink
import PercussTime
import Testing

@testable import PercussSimulator

/// Random calls, answers and accidents, in any order: nothing traps, every call is answered at most once, nothing grows without bound.
struct HostileCallTests {
  /// Answers only end calls that are open.
  private struct Ledger {
    var open: [CallID: String] = [:]
    var exported: Set<ObjectPath> = []
    var requests: [(DeviceKey, OperationID)] = []
    var channels: [ChannelID] = []
    var questions: [AgentCallID] = []
    var links: Set<DeviceKey> = []
    var connecting: Set<DeviceKey> = []

    mutating func enter(_ actions: [DaemonAction]) {
      for action in actions {
        switch action {
        case .reply(let id, _), .fail(let id, _), .abandon(let id): close(id)
        case .replyWithChannel(let id, let channel, _, _):
          close(id)
          channels.append(channel)
        case .export(_, let path): #expect(exported.insert(path).inserted, "\(path) is exported twice")
        case .unexport(let path): #expect(exported.remove(path) != nil, "\(path) was not there")
        case .request(let key, let id, _): requests.append((key, id))
        case .askAgent(let question, _): questions.append(question)
        case .closeChannel(let channel): channels.removeAll { $0 == channel }
        case .connect(let key): connecting.insert(key)
        case .cancelConnect(let key): connecting.remove(key)
        case .dropLink(let key): links.remove(key)
        default: break
        }
      }
    }

    private mutating func close(_ id: CallID) {
      #expect(open.removeValue(forKey: id) != nil, "call \(id.rawValue) is answered twice")
    }
  }

  private static let members = [
    "Connect", "Disconnect", "Pair", "CancelPairing", "ConnectProfile", "DisconnectProfile", "StartDiscovery",
    "StopDiscovery", "SetDiscoveryFilter", "GetDiscoveryFilters", "RemoveDevice", "ReadValue", "WriteValue",
    "StartNotify", "StopNotify", "AcquireNotify", "AcquireWrite", "RegisterAgent", "UnregisterAgent",
    "RequestDefaultAgent", "Nonsense",
  ]

  private static func value(_ random: inout SeededGenerator, _ path: ObjectPath?) -> DBusValue {
    switch random.next(upperBound: UInt64(9)) {
    case 0: .bytes([UInt8](repeating: 7, count: Int(random.next(upperBound: UInt64(600)))))
    case 1: .properties([:])
    case 2: .properties(["type": .string(["command", "request", "reliable", "x"].randomElement(using: &random) ?? "")])
    case 3: .properties(["offset": .uint16(UInt16(random.next(upperBound: UInt64(9))))])
    case 4: .string(["", "KeyboardDisplay", "x"].randomElement(using: &random) ?? "")
    case 5: .objectPath(path ?? .root)
    case 6: .properties(["Transport": .string("le"), "UUIDs": .strings(["180d"])])
    case 7: .variant(.variant(.uint32(5)))
    default: .array([], of: .string)
    }
  }

  private static func quirks(_ random: inout SeededGenerator) -> EmulationQuirks {
    var quirks = EmulationQuirks()
    for quirk in QuirkSwitch.all where random.chance(0.3) {
      for text in ["true", "1", "5s", "missing", "beforeReply", "beforeObjects"].shuffled(using: &random) {
        if (try? quirks.set(quirk.name, to: text)) != nil { break }
      }
    }
    return quirks
  }

  @Test(arguments: 0..<60)
  func `survives anything`(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed).stream("hostile calls")
    var daemon = BluetoothDaemon(adapters: [EmulatedAdapter()], quirks: Self.quirks(&random))
    var ledger = Ledger()
    var now = MonotonicInstant.zero
    ledger.enter(daemon.begin(at: now))
    let addresses = (0..<3).map { BluetoothAddress(rawValue: 0xC000_0000_0000 + UInt64($0)) }
    for count in 0..<3_000 {
      now += .milliseconds(Int64(random.next(upperBound: UInt64(400))))
      let key = DeviceKey(adapter: "hci0", address: addresses.randomElement(using: &random) ?? addresses[0])
      let input: DaemonInput
      switch random.next(upperBound: UInt64(20)) {
      case 0..<9:
        let id = CallID(rawValue: count)
        let member = Self.members.randomElement(using: &random) ?? ""
        ledger.open[id] = member
        let handle = UInt16(random.next(upperBound: UInt64(0x30)))
        let object: DaemonObject =
          [
            .daemon, .adapter("hci0"), .adapter("hci9"), .device(key), .device(key), .service(key, handle),
            .characteristic(key, handle), .characteristic(key, 0x10), .characteristic(key, 0x16),
            .descriptor(key, handle),
          ].randomElement(using: &random) ?? .daemon
        input = .call(
          DaemonCall(
            id: id, sender: ":1.\(random.next(upperBound: UInt64(4)))", object: object,
            interface: daemon.interfaces(of: object).first ?? "x",
            member: member,
            arguments: (0..<random.next(upperBound: UInt64(3))).map { _ in Self.value(&random, daemon.path(of: object))
            }))
      case 9: input = .senderVanished(":1.\(random.next(upperBound: UInt64(4)))")
      case 10, 11:
        let advertisement = AirAdvertisement(address: key.address, name: "x", services: [.percussService])
        input = .air(.heard(adapter: "hci0", AirReport(advertisement: advertisement, signalStrength: -50)))
      case 12, 13:
        guard let made = ledger.connecting.randomElement(using: &random) else { continue }
        ledger.connecting.remove(made)
        ledger.links.insert(made)
        input = .air(.linkMade(made, random.chance(0.5) ? DaemonConversation.profile : DaemonConversation.small))
      case 14:
        guard let lost = ledger.links.randomElement(using: &random) else { continue }
        ledger.links.remove(lost)
        input = .air(.linkEnded(lost, .supervisionTimeout))
      case 15:
        guard let (device, id) = ledger.requests.popLast() else { continue }
        let error = ATTError(UInt8(truncatingIfNeeded: random.next()))
        input = .air(.answered(device, id, random.chance(0.7) ? .success([1, 2]) : .failure(error)))
      case 16:
        guard let channel = ledger.channels.randomElement(using: &random) else { continue }
        input = random.chance(0.5) ? .channelClosed(channel) : .channelReceived(channel, random.chance(0.1) ? [] : [1])
      case 17:
        guard let question = ledger.questions.popLast() else { continue }
        input = .agentAnswered(question, random.chance(0.5) ? .success([.uint32(1)]) : .failure(.failed("no")))
      case 18:
        input = .air(
          random.chance(0.5)
            ? .pairingBegan(key, [.justWorks, .comparison(1), .passkey(1), .rejects].randomElement(using: &random))
            : .received(key, .percussTelemetry, [1]))
      default:
        switch random.next(upperBound: UInt64(4)) {
        case 0:
          let value = DBusValue.boolean(random.chance(0.7))
          ledger.enter(
            daemon.setProperty("Powered", of: "org.bluez.Adapter1", .adapter("hci0"), to: value, at: now).actions)
          continue
        case 1 where random.chance(0.2):
          ledger.enter(daemon.removeAdapter("hci0", at: now))
          ledger.enter(daemon.addAdapter(EmulatedAdapter(), at: now))
          continue
        case 2: input = .air(.incomingLink(key, isUp: random.chance(0.5)))
        default: input = .tick
        }
      }
      ledger.enter(daemon.handle(input, at: now))
      #expect(daemon.pending.isEmpty)
    }
    #expect(daemon.timers.count <= 40)
    #expect(daemon.channels.count == ledger.channels.count)
    // Whatever is left ends with the adapter, but what a quirk or an agent keeps.
    ledger.enter(daemon.removeAdapter("hci0", at: now))
    #expect(ledger.exported == [DaemonObject.daemonPath])
    #expect(daemon.channels.isEmpty)
    if !daemon.quirks.rejectedPairingLeavesReadsPending { #expect(ledger.open.isEmpty) }
  }
}
