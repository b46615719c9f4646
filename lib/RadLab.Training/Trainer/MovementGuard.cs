using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RadLab.Compute;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>Stops a run in which weights that should train stay, or frozen ones move.</summary>
/// <remarks>After three steps with a learning rate above 0 everything must have moved: LoRA's A stays in the first, while B is 0.</remarks>
internal sealed class MovementGuard
{
    private const int Steps = 3;

    private readonly TrainingSubject _subject;
    private readonly Dictionary<Parameter, byte[]> _before = [];
    private readonly string? _frozen;
    private int _steps;

    public MovementGuard(TrainingSubject subject)
    {
        _subject = subject;
        foreach (var parameter in subject.Groups.SelectMany(g => g.Parameters)) _before.Add(parameter, HashOf(parameter));
        _frozen = subject.Adapters is null ? null : FrozenHash();
    }

    public void AfterStep(double learningRate)
    {
        if (learningRate <= 0 || ++_steps != Steps) return;
        var still = _before.Where(p => p.Value.AsSpan().SequenceEqual(HashOf(p.Key))).Select(p => p.Key.Name).ToList();
        if (still.Count > 0)
            throw new TrainingGuardException($"{still[0]}{(still.Count > 1 ? $" and {still.Count - 1} more" : "")}: should train but has not moved in {Steps} steps: it does not take part in the loss, its gradient is 0, or the learning rate is too small for its storage; check targets and learning_rate.");
        CheckFrozen();
    }

    /// <summary>Also at the end of a run.</summary>
    public void CheckFrozen()
    {
        if (_frozen is not null && FrozenHash() != _frozen) throw new TrainingGuardException("the base's weights: are frozen but have changed; the run's results are worthless: please report this.");
    }

    private string? FrozenHash() => BaseIdentity.OfModel(_subject.Model).WeightsSha256;

    private static byte[] HashOf(Parameter parameter)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var lease = parameter.Value.Acquire();
        const int piece = 1 << 24;
        long count = parameter.Shape.Count;
        for (long at = 0; at < count; at += piece)
        {
            int n = (int)Math.Min(piece, count - at);
            hash.AppendData(parameter.Value.DType == DType.F32
                ? MemoryMarshal.AsBytes(parameter.Value.AsSpan<float>().Slice((int)at, n))
                : MemoryMarshal.AsBytes(parameter.Value.AsSpan<ushort>().Slice((int)at, n)));
        }
        return hash.GetHashAndReset();
    }
}
