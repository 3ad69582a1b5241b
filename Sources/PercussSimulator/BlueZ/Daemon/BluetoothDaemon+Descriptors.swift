internal import PercussDBus
internal import PercussGATT

// ReadValue and WriteValue of descriptors.
extension BluetoothDaemon {
  mutating func callDescriptor(_ call: DaemonCall, _ key: DeviceKey, _ handle: UInt16) {
    guard let owner = characteristic(key, ofDescriptor: handle), let descriptor = descriptor(key, handle) else {
      return fail(call.id, .unknownObject(call))
    }
    guard device(key)?.hasClient == true else { return fail(call.id, .notConnectedNow) }
    let id = DescriptorID(characteristic: owner.uuid, uuid: descriptor.uuid)
    switch call.member {
    case "ReadValue":
      guard let options = ValueOptions(call.arguments.first) else { return fail(call.id, .invalidArguments) }
      if descriptor.isConfiguration || owner.belongsToHost {
        return readConfiguration(owner, handle, options.offset, call, key)
      }
      read(id, descriptor, options.offset, call, key)
    case "WriteValue":
      guard call.arguments.count == 2, let value = call.arguments[0].bytes, ValueOptions(call.arguments[1]) != nil
      else { return fail(call.id, .invalidArguments) }
      // Only StartNotify and its kin write the Client Characteristic Configuration.
      if descriptor.isConfiguration { return fail(call.id, .notPermitted("Write not permitted")) }
      if descriptor.writer != nil { return fail(call.id, .inProgress) }
      guard send(.writeDescriptor(id, value), to: key, for: .writeDescriptor(handle)) else {
        return fail(call.id, .failed("Failed to initiate write"))
      }
      withDescriptor(key, handle) { $0.writer = call.id }
    default: fail(call.id, .unknownMethod(call))
    }
  }

  private mutating func readConfiguration(
    _ owner: RemoteCharacteristic, _ handle: UInt16, _ offset: UInt16, _ call: DaemonCall, _ key: DeviceKey
  ) {
    let value = owner.configuration
    guard Int(offset) <= value.count else { return fail(call.id, .attribute(.invalidOffset)) }
    withDescriptor(key, handle) { $0.value = value }
    pending.change("Value", of: Self.descriptorInterface, .descriptor(key, handle))
    reply(call.id, [.bytes(Array(value.dropFirst(Int(offset))))])
  }

  private mutating func read(
    _ id: DescriptorID, _ descriptor: RemoteDescriptor, _ offset: UInt16, _ call: DaemonCall, _ key: DeviceKey
  ) {
    if let read = descriptor.read {
      guard read.offset == offset, read.calls.count < Self.coalescedReadLimit else { return fail(call.id, .inProgress) }
      withDescriptor(key, descriptor.handle) { $0.read?.calls.append(call.id) }
      return
    }
    guard send(.readDescriptor(id, offset: offset), to: key, for: .readDescriptor(descriptor.handle)) else {
      return fail(call.id, .failed("Failed to send read request"))
    }
    withDescriptor(key, descriptor.handle) { $0.read = PendingRead(offset: offset, calls: [call.id]) }
  }

  mutating func descriptorReadEnded(_ result: Result<[UInt8], ATTError>, _ key: DeviceKey, _ handle: UInt16) {
    guard let read = withDescriptor(key, handle, { $0.read.take() }) ?? nil else { return }
    switch result {
    case .failure(let error): for call in read.calls { fail(call, .attribute(error)) }
    case .success(let part):
      withDescriptor(key, handle) { $0.value = Self.value($0.value, with: part, at: Int(read.offset)) }
      pending.change("Value", of: Self.descriptorInterface, .descriptor(key, handle))
      answer(read, from: descriptor(key, handle)?.value ?? [])
    }
  }

  mutating func descriptorWriteEnded(_ result: Result<[UInt8], ATTError>, _ key: DeviceKey, _ handle: UInt16) {
    guard let call = withDescriptor(key, handle, { $0.writer.take() }) ?? nil else { return }
    switch result {
    case .success: reply(call)
    case .failure(let error): fail(call, .attribute(error))
    }
  }

  /// Works on a descriptor in place; nil when there is none.
  @discardableResult
  private mutating func withDescriptor<R>(
    _ key: DeviceKey, _ handle: UInt16, _ body: (inout RemoteDescriptor) -> R
  ) -> R? {
    guard let owner = characteristic(key, ofDescriptor: handle)?.handle else { return nil }
    return withCharacteristic(key, owner) { characteristic -> R? in
      guard let index = characteristic.descriptors.firstIndex(where: { $0.handle == handle }) else { return nil }
      return body(&characteristic.descriptors[index])
    } ?? nil
  }
}
