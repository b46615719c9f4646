using RadLab.Compute;
using RadLab.Training;
using Xunit;

namespace RadLab.Tests.Training;

public sealed class BatchPlanTests
{
    private static readonly IReadOnlyList<TokenizedText> s_texts = TinyTraining.Texts(37);

    public static TheoryData<BatchSettings> Settings => new()
    {
        new BatchSettings { MicroBatch = 4, SequenceLength = 128 },
        new BatchSettings { MicroBatch = 3, Accumulate = 2, SequenceLength = 128, GroupByLength = true },
        new BatchSettings { MicroBatch = 2, Accumulate = 2, SequenceLength = 128, Packing = true },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Every_epoch_holds_every_text_once_in_another_order(BatchSettings settings)
    {
        var plan = new BatchPlan(s_texts, settings, seed: 5);
        var first = Texts(plan, 0);
        var second = Texts(plan, 1);
        Assert.Equal(Enumerable.Range(0, s_texts.Count), first.Order());
        Assert.Equal(Enumerable.Range(0, s_texts.Count), second.Order());
        Assert.NotEqual(first, second);
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void A_step_depends_on_seed_and_number_alone(BatchSettings settings)
    {
        var inOrder = new BatchPlan(s_texts, settings, seed: 5);
        for (long step = 0; step < 2 * inOrder.StepsPerEpoch; step++)
        {
            var alone = new BatchPlan(s_texts, settings, seed: 5);
            Assert.Equal(inOrder.Step(step), alone.Step(step));
        }
        Assert.NotEqual(new BatchPlan(s_texts, settings, seed: 6).Step(0), inOrder.Step(0));
    }

    [Theory]
    [InlineData(8, 300_000_000, 384, "batch.accumulate: times micro_batch, must be at most 2147483647, got 2400000000.")]
    [InlineData(6_000_000, 1, 384, "batch.micro_batch: times sequence_length, must be at most 2147483647, got 2304000000.")]
    public void Steps_that_no_number_can_count_are_refused(int micro, int accumulate, int length, string message) =>
        Assert.Equal(message, Assert.Throws<RecipeException>(() => new BatchSettings { MicroBatch = micro, Accumulate = accumulate, SequenceLength = length }.Check()).Message);

    [Fact]
    public void Packed_rows_fit_and_are_nearly_full()
    {
        var plan = new BatchPlan(s_texts, new BatchSettings { MicroBatch = 1, SequenceLength = 128, Packing = true }, seed: 5);
        var rows = Enumerable.Range(0, plan.StepsPerEpoch).SelectMany(s => plan.Step(s)).SelectMany(r => r).ToList();
        Assert.All(rows, r => Assert.InRange(r.Sum(i => s_texts[i].Ids.Length), 1, 128));
        Assert.True(rows.Count < s_texts.Count);
        // first fit never leaves two rows that would fit into one
        Assert.True(rows.Count(r => r.Sum(i => s_texts[i].Ids.Length) <= 64) <= 1);
    }

    [Fact]
    public void Grouping_by_length_pads_less()
    {
        Assert.True(Padding(group: true) < Padding(group: false));

        int Padding(bool group)
        {
            var plan = new BatchPlan(s_texts, new BatchSettings { MicroBatch = 4, SequenceLength = 128, GroupByLength = group }, seed: 5);
            return Enumerable.Range(0, plan.StepsPerEpoch).SelectMany(s => plan.Step(s)).Sum(rows => rows.Max(r => s_texts[r[0]].Ids.Length) * rows.Length - rows.Sum(r => s_texts[r[0]].Ids.Length));
        }
    }

    [Fact]
    public void A_packed_batch_says_which_text_and_which_place()
    {
        using var engine = new Engine();
        var (a, b) = (s_texts[0], s_texts[1]);
        using var batch = Batch.Packed(engine, [[a, b]], 256);
        int[] tokens = batch.Tokens.AsSpan<int>().ToArray(), labels = batch.Labels.AsSpan<int>().ToArray();
        int[] segments = batch.Layout!.Segments.AsSpan<int>().ToArray(), positions = batch.Layout.Positions.AsSpan<int>().ToArray();
        int second = a.Ids.Length, end = second + b.Ids.Length;
        Assert.Equal([.. a.Ids, .. b.Ids], tokens[..end]);
        Assert.Equal(-100, labels[second]);   // nothing of the first text predicts the second
        Assert.Equal(a.Labels[1..], labels[1..second]);
        Assert.All(segments[..second], s => Assert.Equal(0, s));
        Assert.All(segments[second..end], s => Assert.Equal(1, s));
        Assert.All(segments[end..], s => Assert.Equal(-1, s));
        Assert.Equal(Enumerable.Range(0, b.Ids.Length), positions[second..end]);
        Assert.All(labels[end..], l => Assert.Equal(-100, l));
        Assert.Equal(a.Counted + b.Counted, batch.Counted);
    }

    [Fact]
    public void A_text_without_a_label_is_refused_by_its_id()
    {
        var empty = new TokenizedText("R-7", [1, 2, 3], [-100, -100, -100], 0);
        var e = Assert.Throws<TrainingGuardException>(() => new BatchPlan([empty], new BatchSettings(), 1));
        Assert.Equal("example R-7: no label is left to learn from: the answer is empty or was cut; drop it or raise batch.sequence_length.", e.Message);
    }

    [Fact]
    public void A_text_without_an_end_is_refused_by_its_id_and_one_that_was_cut_there_is_not()
    {
        var settings = new BatchSettings { SequenceLength = 128 };
        var encoder = new ExampleEncoder(TinyTraining.Tokenizer, 128);
        int turn = TinyTraining.Tokenizer.SpecialTokens["<|eot_id|>"], end = TinyTraining.Tokenizer.EosId!.Value;
        Assert.Equal([turn, end], encoder.EndTokens);
        var (whole, plain) = (s_texts[0], encoder.EncodePlain("P-1", "The heart is normal."));
        _ = new BatchPlan([whole, plain], settings, 1, encoder.EndTokens);

        var endless = new TokenizedText("R-8", whole.Ids[..^1], whole.Labels[..^1], 0);
        Assert.Equal($"example R-8: the last token that is learnt must be an end token ({turn}, {end}), got {endless.Labels[^1]}: the model would not learn to end its answers; encode it with its end.",
            Assert.Throws<TrainingGuardException>(() => new BatchPlan([whole, endless], settings, 1, encoder.EndTokens)).Message);
        // the end token is there but is not learnt
        var unlearnt = new TokenizedText("R-9", whole.Ids, [.. whole.Labels.AsSpan(0, whole.Labels.Length - 1), TokenizedText.IgnoredLabel], 0);
        Assert.StartsWith("example R-9: the last token that is learnt", Assert.Throws<TrainingGuardException>(() => new BatchPlan([unlearnt], settings, 1, encoder.EndTokens)).Message, StringComparison.Ordinal);
        // a run hands its own end tokens on
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        using var folder = new ScratchFolder();
        var input = TinyTraining.Input() with { Train = [endless], EndTokens = encoder.EndTokens };
        Assert.StartsWith("example R-8: ", Assert.Throws<TrainingGuardException>(() => new TrainingRun(engine, input, folder.Path).Train()).Message, StringComparison.Ordinal);

        var cut = new ExampleEncoder(TinyTraining.Tokenizer, 8).EncodePlain("P-2", "The heart is normal and the lungs are clear.");
        Assert.False(cut.HasEnd);
        Assert.True(cut.Cut > 0);
        _ = new BatchPlan([cut], settings, 1, encoder.EndTokens);
    }

    [Fact]
    public void No_texts_at_all_are_refused()
    {
        var e = Assert.Throws<TrainingGuardException>(() => new BatchPlan([], new BatchSettings(), 1));
        Assert.StartsWith("training data: there is no text to train on", e.Message, StringComparison.Ordinal);
    }

    private static List<int> Texts(BatchPlan plan, int epoch) =>
        [.. Enumerable.Range(0, plan.StepsPerEpoch).SelectMany(s => plan.Step((long)epoch * plan.StepsPerEpoch + s)).SelectMany(rows => rows).SelectMany(r => r)];
}
