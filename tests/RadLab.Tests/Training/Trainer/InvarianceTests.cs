using RadLab.Compute;
using RadLab.Models;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

/// <summary>What must not change a run's numbers: how a step is cut, whether blocks run twice, whether texts share a row. Compared as series of losses over a whole run.</summary>
public sealed class InvarianceTests
{
    private const int Steps = 24;

    // runs with the texts in other orders: residuals of one run hang together, those of several do not
    private static readonly ulong[] s_orders = [1, 2, 3];

    // of one loss, in nats
    private const double MostRounding = 2e-5;

    public static TheoryData<string> Formats => new() { "F32", "BF16", "Nf4", "Full" };

    [SkippableTheory]
    [MemberData(nameof(Formats))]
    [Trait(LongTests.Category, LongTests.Long)]
    public void One_pass_of_eight_equals_eight_passes_of_one(string format)
    {
        LongTests.SkipUnlessAsked();
        var recipe = Of(format);
        BatchSettings once = new() { MicroBatch = 8, SequenceLength = 128 }, eight = new() { MicroBatch = 1, Accumulate = 8, SequenceLength = 128 };
        AssertSame([.. s_orders.SelectMany(seed => Loop(recipe, once, seed))], [.. s_orders.SelectMany(seed => Loop(recipe, eight, seed))], format);
    }

    [Theory]
    [InlineData("F32")]
    [InlineData("Nf4")]
    public void A_step_does_not_depend_on_how_it_is_cut(string format)
    {
        var recipe = Of(format);
        AssertSame(Loop(recipe, new() { MicroBatch = 8, SequenceLength = 128 }, seed: 1), Loop(recipe, new() { MicroBatch = 1, Accumulate = 8, SequenceLength = 128 }, seed: 1), format);
    }

    [Theory]
    [InlineData("F32")]
    [InlineData("Nf4")]
    [InlineData("Full")]
    public void Packed_rows_equal_rows_of_one_text(string format)
    {
        var (packed, single) = PackedAndSingle(Of(format), seed: 1);
        AssertSame(packed, single, format);
    }

    // in 16 bits the weights of two runs drift apart by rounding, so that residuals hang together over many steps: here rows and steps are few
    [Fact]
    public void Packed_rows_equal_rows_of_one_text_in_16_bits() => AssertSame(Series(Of("BF16"), 6, Batch.Padded),
        Series(Of("BF16"), 6, (engine, texts) => Batch.Packed(engine, [[texts[0], texts[1], texts[2]], [texts[3], texts[4], texts[5]]], 384)), "BF16");

    private static (double[] Packed, double[] Single) PackedAndSingle(Recipe recipe, ulong seed)
    {
        var settings = new BatchSettings { MicroBatch = 1, Accumulate = 2, SequenceLength = 384, Packing = true };
        var texts = Texts(6 * Steps, 0);
        var plan = new BatchPlan(texts, settings, seed);
        double[] packed = Train(recipe, (subject, optimizer) =>
        {
            using var loop = new TrainingLoop(subject, plan, optimizer, settings.Accumulate);
            return [.. Enumerable.Range(0, Steps).Select(step => loop.Step(step, recipe.LearningRate).Loss)];
        });
        // the same texts in the same steps, each a pass of its own
        var (rows, apart) = (0, 0);
        double[] single = Train(recipe, (subject, optimizer) => [.. Enumerable.Range(0, Steps).Select(step =>
        {
            int[] own = [.. plan.Step(step).SelectMany(pass => pass).SelectMany(row => row)];
            (rows, apart) = (rows + plan.Step(step).Sum(pass => pass.Length), apart + own.Length);
            var alone = new BatchSettings { MicroBatch = 1, Accumulate = own.Length, SequenceLength = 128 };
            using var loop = new TrainingLoop(subject, new BatchPlan([.. own.Select(i => texts[i])], alone, seed), optimizer, own.Length);
            return loop.Step(0, recipe.LearningRate).Loss;
        })]);
        Assert.True(apart > 2 * rows, $"{apart} texts in {rows} rows: too few share one");
        return (packed, single);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Checkpointing_changes_not_one_bit(string format)
    {
        var recipe = Of(format);
        Assert.Equal(Series(recipe with { GradientCheckpointing = Checkpointing.Off }, 4, Batch.Padded),
            Series(recipe with { GradientCheckpointing = Checkpointing.On }, 4, Batch.Padded));
    }

    [Fact]
    public void The_texts_would_show_passes_that_count_by_texts_and_not_by_tokens()
    {
        // the mistake that trainers are known for, the mean of means, moves the loss of a step by far more than rounding does
        using var engine = new Engine(new EngineOptions { Threads = 2 });
        using var subject = TrainingSubject.Create(engine, Of("F32"), TinyTraining.Base);
        using var tape = engine.Tape(recording: false);
        var texts = Texts(8, 0);
        double[] losses = [.. texts.Select(LossOf)];
        double byTokens = losses.Zip(texts, (l, t) => l * t.Counted).Sum() / texts.Sum(t => t.Counted), byTexts = losses.Average();
        Assert.True(Math.Abs(byTokens - byTexts) > 100 * MostRounding, $"{byTokens} {byTexts}");

        double LossOf(TokenizedText text)
        {
            using var batch = Batch.Padded(engine, [text]);
            tape.Reset();
            return subject.Model.Loss(tape, batch.Tokens, batch.Labels).Item();
        }
    }

    private static Recipe Of(string format) => TinyTraining.Recipe with
    {
        Mode = format == "Full" ? TrainingMode.Full : TrainingMode.Adapter,
        Storage = new LlamaStorage { Linears = format == "Full" ? WeightFormat.F32 : Enum.Parse<WeightFormat>(format) },
        // without dropout, whose masks follow the rows
        Lora = new Lora { Rank = 4, Alpha = 8, Targets = LlamaWeights.LinearNames }, LearningRate = 1e-3,
    };

    // answers of one, two and three sentences: passes differ in how many labels they count
    private static IReadOnlyList<TokenizedText> Texts(int count, int first)
    {
        var encoder = new ExampleEncoder(TinyTraining.Tokenizer, 128);
        return [.. TinyTraining.Examples(count, first).Select((e, i) => encoder.Encode(e with { Answer = string.Join(' ', Enumerable.Repeat(e.Answer, 1 + i % 3)) }))];
    }

    // the trainer's own loop
    private static double[] Loop(Recipe recipe, BatchSettings settings, ulong seed) => Train(recipe, (subject, optimizer) =>
    {
        using var loop = new TrainingLoop(subject, new BatchPlan(Texts(8 * Steps, 0), settings, seed), optimizer, settings.Accumulate);
        return [.. Enumerable.Range(0, Steps).Select(step => loop.Step(step, recipe.LearningRate).Loss)];
    });

    private static double[] Train(Recipe recipe, Func<TrainingSubject, Optimizer, double[]> losses)
    {
        using var engine = new Engine(new EngineOptions { Threads = 2 });
        using var subject = TrainingSubject.Create(engine, recipe, TinyTraining.Base);
        using var optimizer = Optimizer.Create(engine, subject.Groups, recipe.Optimizer);
        return losses(subject, optimizer);
    }

    // the same texts in the same steps, however they are put into rows
    private static double[] Series(Recipe recipe, int each, Func<Engine, IReadOnlyList<TokenizedText>, Batch> rows)
    {
        using var engine = new Engine(new EngineOptions { Threads = 2 });
        using var subject = TrainingSubject.Create(engine, recipe, TinyTraining.Base);
        using var optimizer = Optimizer.Create(engine, subject.Groups, recipe.Optimizer);
        using var tape = engine.Tape();
        var losses = new List<double>();
        for (int step = 0; step < Steps; step++)
        {
            using var batch = rows(engine, Texts(each, first: step * each));
            tape.Reset();
            var loss = subject.Model.Loss(tape, batch.Tokens, batch.Labels, batch.Layout);
            losses.Add(loss.Item());
            tape.Backward(loss);
            optimizer.Step(recipe.LearningRate);
        }
        return [.. losses];
    }

    // Each residual is rounding, and all together lean to no side: a wrong weight shifts every one of them the same way, long before it exceeds a bound on single ones.
    private static void AssertSame(double[] a, double[] b, string format)
    {
        // BF16 activations round to 3 digits, at other places for other shapes of the same sums
        double most = format is "BF16" ? 1e-3 : MostRounding;
        double[] residuals = [.. a.Zip(b, (x, y) => x - y)];
        Assert.Equal(0, residuals.Length % Steps);
        Assert.All(residuals, r => Assert.InRange(Math.Abs(r), 0, most));
        double mean = residuals.Average(), deviation = Math.Sqrt(residuals.Sum(r => (r - mean) * (r - mean)) / (residuals.Length - 1));
        // a loss is an F32 number: no mean can be known better than half its last digit
        double digit = a.Max() * Math.Pow(2, -24);
        Assert.InRange(Math.Abs(mean), 0, 3 * deviation / Math.Sqrt(residuals.Length) + digit);
    }
}
