using RadLab.Compute;

namespace RadLab.Benchmarks;

/// <summary>Three 8-bit AdamW updates of a copy of the first input; the third shows what the codes of the second were.</summary>
internal sealed class AdamW8BitStepCases : IOpCaseSource
{
    public IEnumerable<OpCase> Of(DType dtype) => [new OpCase("AdamW8BitStep", dtype, Steps, [new OpInput([70, 257], dtype, Trains: false), new OpInput([70, 257], DType.F32, Trains: false)])];

    private static Tensor Steps(Tape tape, OpInputs x)
    {
        var (p, g) = (tape.Scale(x[0], 1), x[1]);
        const int blocks = (70 * 257 + 255) / 256;
        var state = new AdamW8BitState(tape.Empty(p.Shape, DType.U8), tape.Empty([blocks]), tape.Empty(p.Shape, DType.U8), tape.Empty([blocks]));
        state.MeanCodes.Clear();
        state.MeanAbsmax.Clear();
        state.SquareCodes.Clear();
        state.SquareAbsmax.Clear();
        if (p.DType == DType.F32)
        {
            for (int step = 1; step <= 3; step++) AdamW8BitStep.Apply(p, g, state, AdamWStepCases.Settings, step, gradientScale: 0.7f);
            return p;
        }
        var master = tape.Empty(p.Shape);
        AdamWStep.TakeMaster(p, master);
        for (int step = 1; step <= 3; step++) AdamW8BitStep.Apply(p, g, state, AdamWStepCases.Settings, step, gradientScale: 0.7f, master: master);
        return p;
    }
}
