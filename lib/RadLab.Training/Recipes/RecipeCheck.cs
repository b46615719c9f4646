using System.Globalization;
using System.Text.Json;
using RadLab.Compute;

namespace RadLab.Training;

/// <summary>Refuses settings that cannot work before anything is loaded.</summary>
public static class RecipeCheck
{
    private const int MostName = 64;

    /// <exception cref="RecipeException">The first setting that cannot be.</exception>
    public static void Check(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        if (string.IsNullOrWhiteSpace(recipe.Name)) throw new RecipeException("name: must not be empty.");
        // the run's folder is called so
        if (recipe.Name.Length > MostName || !char.IsAsciiLetterOrDigit(recipe.Name[0]) || !recipe.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            throw new RecipeException($"name: must have at most {MostName} letters, digits, '.', '_' and '-' and begin with a letter or digit, got '{(recipe.Name.Length > MostName ? recipe.Name[..MostName] + "…" : recipe.Name).ReplaceLineEndings(" ")}'.");
        if (string.IsNullOrWhiteSpace(recipe.Model)) throw new RecipeException("model: must not be empty; name a model folder or radlab-tiny.");
        if (string.IsNullOrWhiteSpace(recipe.Data)) throw new RecipeException("data: must not be empty; name a data set ('radlab data list') or a prepared folder.");
        Require(recipe.LearningRate > 0 && double.IsFinite(recipe.LearningRate), "learning_rate: must be finite and above 0", recipe.LearningRate);
        Require(recipe.LoraPlusRatio > 0 && double.IsFinite(recipe.LoraPlusRatio), "lora_plus_ratio: must be finite and above 0", recipe.LoraPlusRatio);
        Require(recipe.Steps >= 0, "steps: must be 0 or more", recipe.Steps);
        if (recipe.Steps == 0) Require(recipe.Epochs > 0 && recipe.Epochs <= 100_000, "epochs: must be above 0 and at most 100000", recipe.Epochs);
        recipe.Batch.Check();
        Refuse("optimizer", recipe.Optimizer.Problem());
        Refuse("schedule", recipe.Schedule.Problem());
        Require(recipe.AnswerWeighting is >= 0 and <= 1, "answer_weighting: must be from 0 to 1", recipe.AnswerWeighting);
        if (recipe.AnswerWeighting > 0 && recipe.Task == TrainingTask.Text) throw new RecipeException("answer_weighting: must be 0 in pretraining, which knows no answers; leave it away.");
        if (recipe.ThroughProblems && recipe.Task != TrainingTask.Protocol) throw new RecipeException($"through_problems: is for protocols, but the recipe's task is {recipe.Task}; leave it away.");
        var run = recipe.Run;
        Require(run.EvaluateEvery >= 0, "run.evaluate_every: must be 0 or more", run.EvaluateEvery);
        Require(run.EvaluateTexts >= 1, "run.evaluate_texts: must be at least 1", run.EvaluateTexts);
        Require(run.Samples >= 0, "run.samples: must be 0 or more", run.Samples);
        Require(run.SaveEvery >= 0, "run.save_every: must be 0 or more", run.SaveEvery);
        Require(run.KeepCheckpoints >= 1, "run.keep_checkpoints: must be at least 1", run.KeepCheckpoints);
        Require(run.Patience >= 0, "run.patience: must be 0 or more", run.Patience);
        if (run.Patience > 0 && run.EvaluateEvery == 0) throw new RecipeException("run.patience: needs run.evaluate_every above 0, or nothing would ever stop the run.");
        if (run.ResultIsBest && run.EvaluateEvery == 0) throw new RecipeException("run.result_is_best: needs run.evaluate_every above 0, or there is no other step to be better than the last.");
        Require(recipe.Answers.Temperature is >= 0 and <= 10, "answers.temperature: must be from 0 to 10", recipe.Answers.Temperature);
        Require(recipe.Answers.TopP is > 0 and <= 1, "answers.top_p: must be above 0 and at most 1", recipe.Answers.TopP);
        Require(recipe.Answers.Beams is >= 1 and <= AnswerSettings.MostBeams, string.Create(CultureInfo.InvariantCulture, $"answers.beams: must be from 1 to {AnswerSettings.MostBeams}"), recipe.Answers.Beams);
        Require(recipe.Answers.PriorCorrection is >= 0 and <= AnswerSettings.MostCorrection, string.Create(CultureInfo.InvariantCulture, $"answers.prior_correction: must be from 0 to {AnswerSettings.MostCorrection}"), recipe.Answers.PriorCorrection);
        if (recipe.Answers.Beams > 1 && recipe.Answers.Temperature > 0) throw new RecipeException("answers.beams: beam search draws nothing; set answers.temperature=0, or answers.beams=1.");
        if (recipe.Answers.PriorCorrection > 0 && recipe.Answers.Beams == 1) throw new RecipeException("answers.prior_correction: chooses among beams; set answers.beams above 1.");
        CheckMode(recipe);
    }

    private static void CheckMode(Recipe recipe)
    {
        if (recipe.Mode == TrainingMode.Full)
        {
            if (recipe.Storage.Linears is not (WeightFormat.F32 or WeightFormat.BF16))
                throw new RecipeException($"storage.linears: full fine-tuning needs F32 or BF16 weights, got {recipe.Storage.Linears}; quantized weights train through an adapter: set mode=adapter.");
            if (recipe.LoraPlusRatio != 1) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"lora_plus_ratio: must be 1 with mode=Full, which has no adapter, got {recipe.LoraPlusRatio}."));
            return;
        }
        Require(recipe.Lora.Rank is >= 1 and <= 4096, "lora.rank: must be from 1 to 4096", recipe.Lora.Rank);
        Require(recipe.Lora.Alpha > 0 && double.IsFinite(recipe.Lora.Alpha), "lora.alpha: must be finite and above 0", recipe.Lora.Alpha);
        Require(recipe.Lora.Dropout is >= 0 and < 1, "lora.dropout: must be from 0 to below 1", recipe.Lora.Dropout);
        if (recipe.Lora.Targets.Count == 0) throw new RecipeException("lora.targets: must name at least one linear layer.");
    }

    // the setting by its path in a recipe, not by its name in C#
    private static void Refuse(string section, (string Setting, string Problem)? found)
    {
        if (found is var (setting, problem)) throw new RecipeException($"{section}.{JsonNamingPolicy.SnakeCaseLower.ConvertName(setting)}: {problem}.");
    }

    private static void Require(bool holds, string requirement, double got)
    {
        if (!holds) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"{requirement}, got {got}."));
    }
}
