internal import PercussDBus
internal import PercussTime
internal import Synchronization

/// A ``PairingAgent`` as bluetoothd calls it (`org.bluez.Agent1`).
final class AgentObject: ExportedObject {
  private let agent: PairingAgent
  /// What people call the device.
  private let device: String
  /// The unique name of bluetoothd: nobody else gets an answer.
  private let owner: String
  private let timeline: RealTimeline
  /// The questions that are with the user, each of them one of at most as many calls as the bus lets wait.
  private let questions = Mutex<(last: Int, asked: [Int: Task<Void, any Error>])>((0, [:]))

  init(_ agent: PairingAgent, for device: String, owner: String, on timeline: RealTimeline) {
    self.agent = agent
    self.device = device
    self.owner = owner
    self.timeline = timeline
  }

  let interfaces = [
    InterfaceDescription(
      BlueZ.Interface.agent,
      methods: [
        .init("Release"), .init("Cancel"),
        .init("RequestPinCode", in: [.init("device", "o")], out: [.init("pincode", "s")]),
        .init("DisplayPinCode", in: [.init("device", "o"), .init("pincode", "s")]),
        .init("RequestPasskey", in: [.init("device", "o")], out: [.init("passkey", "u")]),
        .init("DisplayPasskey", in: [.init("device", "o"), .init("passkey", "u"), .init("entered", "q")]),
        .init("RequestConfirmation", in: [.init("device", "o"), .init("passkey", "u")]),
        .init("RequestAuthorization", in: [.init("device", "o")]),
        .init("AuthorizeService", in: [.init("device", "o"), .init("uuid", "s")]),
      ])
  ]

  func handle(_ call: IncomingCall) {
    guard call.sender == owner else {
      return call.fail(BlueZ.ErrorName.rejected, "only bluetoothd may ask")
    }
    // bluetoothd asks nothing any more, whatever the user is about to answer.
    if call.member == "Cancel" || call.member == "Release" { withdraw() }
    let (agent, device, timeline) = (agent, device, timeline)
    let number = questions.withLock { questions in
      questions.last += 1
      return questions.last
    }
    let question = timeline.start { [weak self] in
      do {
        try await withTimeout(agent.answerTimeout, on: timeline, waitingFor: "the answer of the user") {
          await agent.answer(call, for: device)
        }
      } catch {
        call.fail(BlueZ.ErrorName.canceled, "\(error)")
      }
      _ = self?.questions.withLock { $0.asked.removeValue(forKey: number) }
    }
    // Tasks of the timeline begin after this turn of it.
    questions.withLock { $0.asked[number] = question }
  }

  /// Cancels what the user is being asked; a bus that still waits for an answer is told so.
  func withdraw() {
    let asked = questions.withLock { questions in
      defer { questions.asked = [:] }
      return questions.asked.values
    }
    for question in asked { question.cancel() }
  }
}

extension PairingAgent {
  fileprivate func answer(_ call: IncomingCall, for device: String) async {
    let passkey = call.arguments.count > 1 ? call.arguments[1].integer(as: UInt32.self) ?? 0 : 0
    switch call.member {
    case "Release", "Cancel": call.reply()
    case "RequestPasskey":
      guard let passkey = await enterPasskey?(device), passkey <= 999_999 else { return refuse(call) }
      call.reply([.uint32(passkey)])
    case "DisplayPasskey":
      call.reply()
      await showPasskey?(device, passkey, call.arguments.count > 2 ? call.arguments[2].integer() ?? 0 : 0)
    case "RequestConfirmation": await confirm?(device, passkey) == true ? call.reply() : refuse(call)
    // Asked for even where nothing can be compared.
    case "RequestAuthorization", "AuthorizeService":
      await authorize?(device) ?? true ? call.reply() : refuse(call)
    // Of BR/EDR before 2.1; LE has none.
    default: refuse(call)
    }
  }

  private func refuse(_ call: IncomingCall) { call.fail(BlueZ.ErrorName.rejected, "refused") }
}
