import PercussGATT
import PercussLink
import PercussTime
import Testing

@Suite struct InMemoryRadioTests {
  let timeline = VirtualTimeline()

  @Test func `a scan finds what advertises the service, and again when it changes`() throws {
    try timeline.run { [timeline] in
      let radio = InMemoryRadio(timeline: timeline)
      let device = EchoPeripheral(timeline: timeline)
      let other = EchoPeripheral(timeline: timeline)
      await radio.advertise(device, as: Advertisement(id: .init("a"), name: "One", services: [.percussService]))
      await radio.advertise(other, as: Advertisement(id: .init("b"), name: "Lamp", services: [.batteryService]))
      timeline.start {
        try await timeline.sleep(for: .seconds(1))
        await radio.advertise(device, as: Advertisement(id: .init("a"), name: "Two", services: [.percussService]))
      }
      var names: [String?] = []
      for await found in try await radio.scan(for: [.percussService], duration: .seconds(2)) {
        names.append(found.name)
      }
      #expect(names == ["One", "Two"])
      #expect(timeline.now == ms(2000))

      var all: [DiscoveredDevice.ID] = []
      for await found in try await radio.scan(for: [], duration: .seconds(1)) { all.append(found.id) }
      #expect(all.map(\.description) == ["a", "b"])
    }
  }

  @Test func `a connection waits for the device to advertise, but not for ever`() throws {
    try timeline.run { [timeline] in
      let radio = InMemoryRadio(timeline: timeline)
      let device = EchoPeripheral(timeline: timeline)
      await #expect(throws: LinkError.timedOut("sim to accept a connection", after: .seconds(5))) {
        _ = try await radio.connect(to: .init("sim"), timeout: .seconds(5))
      }
      #expect(timeline.now == ms(5000))
      timeline.start {
        try await timeline.sleep(for: .seconds(1))
        await radio.advertise(device, as: Advertisement(id: .init("sim")))
      }
      let link = try await radio.connect(to: .init("sim"), timeout: .seconds(5))
      #expect(timeline.now > ms(6000) && timeline.now <= ms(6100))
      #expect(try await link.read(.percussFeature) == [1, 2, 3])
    }
  }

  @Test func `a device with all its places taken accepts no more until one is free`() throws {
    try timeline.run { [timeline] in
      let radio = InMemoryRadio(timeline: timeline)
      let device = EchoPeripheral(timeline: timeline)
      await radio.advertise(device, as: Advertisement(id: .init("sim"), connectionLimit: 2))
      let first = try await radio.connect(to: .init("sim"), timeout: .seconds(1))
      _ = try await radio.connect(to: .init("sim"), timeout: .seconds(1))
      await #expect(throws: LinkError.self) { _ = try await radio.connect(to: .init("sim"), timeout: .seconds(1)) }
      #expect(await radio.links(of: .init("sim")).map(\.central.rawValue) == [1, 2])
      await first.disconnect()
      _ = try await radio.connect(to: .init("sim"), timeout: .seconds(1))
      #expect(await radio.links(of: .init("sim")).map(\.central.rawValue) == [2, 3])
    }
  }

  @Test func `a cancelled connection attempt ends at once`() throws {
    try timeline.run { [timeline] in
      let radio = InMemoryRadio(timeline: timeline)
      let attempt = timeline.start { _ = try await radio.connect(to: .init("sim"), timeout: .seconds(60)) }
      try await timeline.sleep(for: .seconds(1))
      attempt.cancel()
      await #expect(throws: LinkError.unavailable("connecting to sim was cancelled")) { try await attempt.value }
      #expect(timeline.now == ms(1000))
    }
  }

  @Test(arguments: [
    LinkError.disconnected(.supervisionTimeout), .attribute(ATTError(0x81), characteristic: .percussControlPoint),
    .timedOut("the value of Feature", after: .seconds(30)), .tooLong(count: 300, maximum: 244),
    .noSuchCharacteristic(.percussClock), .cannotSubscribe(.percussFeature), .busy(limit: 32),
    .unavailable("Bluetooth is off"),
  ])
  func `errors are sentences without Swift in them`(error: LinkError) {
    let text = "\(error)"
    #expect(text.contains(" "))
    #expect(!text.contains("LinkError") && !text.contains("rawValue") && !text.contains("Optional"))
  }

  @Test func `disconnect reasons keep their codes`() {
    for code in UInt8.min...UInt8.max { #expect(DisconnectReason(code: code).code == code) }
    #expect(DisconnectReason(code: 0x08) == .supervisionTimeout)
  }
}
